// What axe finds on a page as it stands, in both schemes: nothing.
import { AxeBuilder } from '@axe-core/playwright'
import { type Page, expect } from '@playwright/test'

const LEVELS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

export async function accessible(page: Page): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    const { violations } = await new AxeBuilder({ page }).withTags(LEVELS).analyze()
    expect(violations.map((one) => `${colorScheme}: ${one.id}: ${one.nodes[0]?.html}`)).toEqual([])
  }
  await page.emulateMedia({ colorScheme: 'light' })
}
