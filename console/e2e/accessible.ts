// What axe finds on a page as it stands, in both schemes: nothing. The schemes differ in their colours alone.
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const axe = new AxeBuilder({ page })
    const { violations } = await (
      colorScheme === 'light' ? axe.withTags(LEVELS) : axe.withRules(['color-contrast', 'link-in-text-block'])
    ).analyze()
    expect(violations.map((one) => `${colorScheme}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
