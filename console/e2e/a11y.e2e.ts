// Every page of the console, held to WCAG 2.2 AA by axe in both schemes, and to fitting a narrow screen.
import { readFileSync } from 'node:fs'
import { type Page, expect, test } from '@playwright/test'
import { accessible } from './accessible'
import { type Tour, begin, operator, visit } from './tour'

let tour: Tour

test.describe.configure({ mode: 'default' })
test.beforeAll(async () => {
  tour = await begin()
})
test.afterAll(async () => tour.server.end())

test('the tour stops at every page there is', () => {
  const source = readFileSync(new URL('../src/routes.tsx', import.meta.url), 'utf8')
  const routes = [...source.matchAll(/^ {2}\['([^']+)', \(\) => import/gm)].map(([, path]) => path)
  expect(routes.length).toBeGreaterThan(30)
  expect(Object.keys(tour.stops).toSorted()).toEqual(routes.toSorted())
})

for (const menus of [['dashboard', 'overview', 'platform'], ['account-settings'], ['access-control', 'security']]) {
  test(`pages of ${menus.join(' and ')}`, async ({ page }) => {
    test.setTimeout(180_000)
    await operator(page, tour)
    for (const [address, stop] of Object.entries(tour.stops)) {
      const menu = stop.path.startsWith('/platform/') ? 'platform' : (address.split('/')[0] ?? '')
      if (!menus.includes(menu)) continue
      await test.step(address, async () => {
        await visit(page, tour, stop)
        await accessible(page)
        await narrow(page, address)
      })
    }
  })
}

test('pages of who is not signed in', async ({ page }) => {
  for (const path of [
    '/sign-in',
    '/forgot-password',
    '/reset-password',
    '/reset-password#token=none',
    '/accept-invitation#token=none',
    '/nowhere',
  ]) {
    await test.step(path, async () => {
      await page.goto(tour.server.url + path)
      await expect(page.getByRole('heading').first()).toBeVisible()
      await accessible(page)
      await narrow(page, path)
    })
  }
})

async function narrow(page: Page, what: string): Promise<void> {
  const wide = page.viewportSize()
  await page.setViewportSize({ width: 390, height: 844 })
  const over = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
  await expect.poll(over, `${what} at 390 px`).toBeLessThanOrEqual(0)
  await expect.poll(() => cutOff(page), `${what} at 390 px`).toEqual([])
  if (wide) await page.setViewportSize(wide)
}

/** Texts that end at an edge without a sign: neither an ellipsis, nor an edge of a table that shows that it scrolls. */
function cutOff(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = []
    for (const each of document.querySelectorAll<HTMLElement>('#page *')) {
      const { overflowX, textOverflow, clipPath } = getComputedStyle(each)
      if (overflowX === 'visible' || clipPath !== 'none' || each.scrollWidth <= each.clientWidth + 1) continue
      if (!each.innerText?.trim() || textOverflow === 'ellipsis') continue
      if (each.parentElement?.dataset.more?.includes('end')) continue
      found.push(`${each.tagName} ${each.className}: ${each.innerText.trim().slice(0, 60)}`)
    }
    return found
  })
}
