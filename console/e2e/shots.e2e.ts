import { test } from './fixtures'
import { tenant } from './world'

test('shots', async ({ operator, server, acme }) => {
  test.setTimeout(180_000)
  void acme
  await tenant(server, { name: 'Globex', endDate: new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10) })
  const pagesToShoot = (
    process.env.SHOTS ??
    'overview/dead-letters,overview/audit,overview/outbox,overview/platform,account-settings/enterprises,account-settings/products,account-settings/services/new,account-settings/licenses,account-settings/licenses/new,account-settings/workstreams,account-settings/workstreams/new,security/profile,security/password,security/sessions'
  ).split(',')
  const base = operator.url().split('/').slice(0, 7).join('/')
  for (const scheme of ['light', 'dark'] as const) {
    await operator.emulateMedia({ colorScheme: scheme })
    for (const [width, height] of [
      [1440, 900],
      [390, 844],
    ] as const) {
      await operator.setViewportSize({ width, height })
      for (const p of pagesToShoot) {
        await operator.goto(`${base}/${p}`)
        await operator.waitForLoadState('networkidle')
        await operator.screenshot({ path: `/tmp/shots/${p.replaceAll('/', '-')}-${width}-${scheme}.png` })
      }
    }
  }
})
