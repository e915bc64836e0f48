// Pictures of the main pages, light and dark, at a desk's width and a telephone's. FREEHOLD_SCREENSHOTS names their folder.
import { join } from 'node:path'
import { expect, test } from '@playwright/test'
import { type Tour, begin, operator, visit } from './tour'

const FOLDER = process.env.FREEHOLD_SCREENSHOTS ?? 'test-results/screenshots'
const SIZES = { 1440: 900, 390: 844 }
const MAIN = [
  'dashboard',
  'run',
  'audit',
  'health',
  'accounts',
  'onboard',
  'account',
  'provisioning',
  'receipt',
  'licenses',
  'users',
  'user',
  'role',
  'sessions',
]

let tour: Tour

test.beforeAll(async () => {
  tour = await begin()
})
test.afterAll(async () => tour.server.end())

for (const [width, height] of Object.entries(SIZES)) {
  test(`pictures at ${width} px`, async ({ page }) => {
    test.setTimeout(180_000)
    await page.setViewportSize({ width: Number(width), height })
    const shoot = async (name: string) => {
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        const path = join(FOLDER, `${name}-${width}-${colorScheme}.png`)
        const picture = await page.screenshot({ path, animations: 'disabled' })
        expect(picture.byteLength, path).toBeGreaterThan(5_000)
      }
    }
    await page.goto(`${tour.server.url}/sign-in`)
    await expect(page.getByRole('button', { name: 'Sign in' })).toBeVisible()
    await shoot('sign-in')
    // The frame of a narrow screen has its menus behind a button.
    await page.setViewportSize({ width: 1440, height: 900 })
    await operator(page, tour)
    await page.setViewportSize({ width: Number(width), height })
    const stops = Object.values(tour.stops)
    for (const name of MAIN) {
      const stop = stops.find((one) => one.name === name)
      if (!stop) throw new Error(`no page is called ${name}`)
      await visit(page, tour, stop)
      await shoot(name)
    }
  })
}
