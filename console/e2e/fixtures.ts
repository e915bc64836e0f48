// What every test of the console gets: the server, and a browser page of somebody who is signed in.
import { test as base, expect, type Page } from '@playwright/test'
import { OPERATOR, Server } from './server'
import { fresh, tenant, type Tenant } from './world'

export { expect }

type Worker = { server: Server; acme: Tenant }
type Each = { operator: Page }

export const test = base.extend<Each, Worker>({
  server: [
    async ({}, use) => {
      const server = await Server.begin()
      await use(server)
      await server.end()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  /** An account that all tests of a worker may look at, and none may change. */
  acme: [
    async ({ server }, use) => use(await tenant(server, { name: fresh('Acme') })),
    { scope: 'worker', timeout: 60_000 },
  ],
  /** The operator's page, at the start page. */
  operator: async ({ page, server }, use) => {
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    await use(page)
  },
})

export async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.getByLabel('E-mail address').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('navigation', { name: 'Menus' })).toBeVisible()
}

/** The platform's own account, of which operators are. */
export const PLATFORM_ACCOUNT = 'a0000000-0000-0000-0000-000000000001'

/** Goes to a page of the place that one is in, such as `access-control/users`, of the platform, or by its whole address. */
export async function go(page: Page, to: string): Promise<void> {
  const [, account = PLATFORM_ACCOUNT, enterprise = '-'] = /\/a\/([^/]+)\/e\/([^/]+)/.exec(page.url()) ?? []
  const path = to.startsWith('/') ? to : to.startsWith('platform/') ? `/${to}` : `/a/${account}/e/${enterprise}/${to}`
  await page.goto(new URL(page.url()).origin + path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
}

/** Chooses from a list that can be searched. */
export async function choose(page: Page, label: string, option: string): Promise<void> {
  await page
    .getByRole('combobox', { name: label })
    .or(page.getByRole('textbox', { name: label }))
    .first()
    .click()
  await page.getByRole('option', { name: option, exact: true }).click()
}
