// Lighthouse's judgement of the console, desktop preset, signed in, against a server with 1,000 accounts. `make lighthouse`.
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, expect, test } from '@playwright/test'
import lighthouse, { desktopConfig } from 'lighthouse'
import { OPERATOR, Server } from '../../e2e/server'
import { accountOf, offer } from '../../e2e/world'

const ACCOUNTS = 1_000
const AT_ONCE = 16
const GOALS = { performance: 95, accessibility: 100, 'best-practices': 100 }

test('Lighthouse’s scores', async () => {
  test.setTimeout(600_000)
  const server = await Server.begin()
  const profile = mkdtempSync(join(tmpdir(), 'freehold-lighthouse-'))
  const missed: string[] = []
  try {
    const licensed = await offer(server)
    const names: string[] = Array.from({ length: ACCOUNTS }, (_, place) => `Account ${String(place).padStart(4, '0')}`)
    const onboard = async () => {
      for (let name = names.pop(); name !== undefined; name = names.pop()) {
        await server.api(
          'POST',
          '/api/accounts',
          accountOf(name, `${name.replace(' ', '-').toLowerCase()}@people.example`, licensed),
        )
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, onboard))

    const port = await freePort()
    const browser = await chromium.launchPersistentContext(profile, {
      executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
      args: [`--remote-debugging-port=${port}`, '--disable-background-networking', '--disable-component-update'],
    })
    const page = browser.pages()[0] ?? (await browser.newPage())
    await page.goto(`${server.url}/sign-in`)
    await page.getByLabel('E-mail address').fill(OPERATOR.email)
    await page.getByLabel('Password', { exact: true }).fill(OPERATOR.password)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('navigation', { name: 'Menus' }).waitFor()
    const place = page.url().split('/').slice(0, 7).join('/')
    const { items } = await server.api<{ items: Array<{ id: string }> }>('GET', '/api/roles?limit=1')
    await page.goto('about:blank')

    const pages = {
      Overview: `${place}/overview/accounts`,
      'Accounts, 1,000': `${place}/account-settings/accounts`,
      'Permission matrix': `${place}/access-control/roles/${items[0]?.id}`,
    }
    console.log(`${'page'.padEnd(20)}performance  accessibility  best practices   FCP      LCP      TBT`)
    for (const [name, url] of Object.entries(pages)) {
      const options = { port, disableStorageReset: true, logLevel: 'error', onlyCategories: Object.keys(GOALS) }
      const { lhr } = await lighthouse(url, options, desktopConfig)
      const scores = Object.keys(GOALS).map((category) => Math.round((lhr.categories[category].score ?? 0) * 100))
      const took = ['first-contentful-paint', 'largest-contentful-paint', 'total-blocking-time'].map(
        (id) => lhr.audits[id].displayValue,
      )
      console.log(`${name.padEnd(20)}${scores.map((score) => String(score).padEnd(14)).join('')}   ${took.join('   ')}`)
      for (const [index, goal] of Object.values(GOALS).entries())
        if (scores[index] < goal) missed.push(`${name}: ${scores[index]} of ${goal}`)
      for (const audit of Object.values(lhr.audits)) {
        const counts = ['accessibility', 'best-practices'].some((category) =>
          lhr.categories[category].auditRefs.some((ref) => ref.id === audit.id && ref.weight > 0),
        )
        if (counts && audit.score !== null && audit.score < 1) console.log(`  ${audit.id}: ${audit.title}`)
      }
    }
    await browser.close()
  } finally {
    await server.end()
    rmSync(profile, { recursive: true, force: true })
  }
  expect(missed).toEqual([])
})

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number }
      probe.close(() => resolve(port))
    })
  })
}
