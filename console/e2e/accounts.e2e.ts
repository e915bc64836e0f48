// A thousand accounts in the table, and editing one of them while others do, too.
import type { Locator, Page } from '@playwright/test'
import { expect, go, signIn, test } from './fixtures'
import { OPERATOR, Server } from './server'
import { PASSWORD, type Tenant, accepted, accountOf, day, fresh, offer, tenant } from './world'

const ACCOUNTS = 1000
const named = (number: number) => `Account ${String(number).padStart(4, '0')}`
const rows = (page: Page) => page.getByRole('region', { name: 'Table of accounts' }).getByRole('row')
/** The row of the first account that is shown; above it are the heads. */
const first = (page: Page): Locator => rows(page).nth(1)

test.describe('a thousand accounts', () => {
  let many: Server
  let page: Page

  test.beforeAll(async ({ browser }) => {
    many = await Server.begin()
    const licensed = await offer(many)
    let last = 0
    const make = async () => {
      while (last < ACCOUNTS) {
        last += 1
        const number = last
        const options = number % 100 === 0 ? { cloudType: 'hybrid' } : {}
        const email = `ada@account-${number}.example`
        await many.api('POST', '/api/accounts', accountOf(named(number), email, licensed, options))
      }
    }
    await Promise.all(Array.from({ length: 16 }, make))
    page = await (await browser.newContext()).newPage()
    await signIn(page, many.url, OPERATOR.email, OPERATOR.password)
  })
  test.afterAll(async () => {
    await page.context().close()
    await many.end()
  })

  test.beforeEach(async () => {
    await go(page, 'platform/accounts?name=account')
    await expect(first(page)).toContainText(named(1))
  })

  test('the pages are turned forth and back, and a reload or a record in between keeps the place', async () => {
    const next = page.getByRole('button', { name: 'Next page' })
    const previous = page.getByRole('button', { name: 'Previous page' })
    await expect(rows(page)).toHaveCount(51)
    await expect(previous).toBeDisabled()
    await next.click()
    await expect(first(page)).toContainText(named(51))
    await next.click()
    await expect(first(page)).toContainText(named(101))
    await expect(page.getByText('Page 3 · 50 accounts shown')).toBeVisible()
    await page.reload()
    await expect(first(page)).toContainText(named(101))
    await expect(page.getByText('Page 3 · 50 accounts shown')).toBeVisible()

    await page.getByRole('link', { name: named(120), exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: named(120) })).toBeVisible()
    await page.goBack()
    await expect(first(page)).toContainText(named(101))
    await previous.click()
    await expect(first(page)).toContainText(named(51))
    await page.goBack()
    await expect(first(page)).toContainText(named(101))
    await previous.click()
    await expect(first(page)).toContainText(named(51))
    await previous.click()
    await expect(first(page)).toContainText(named(1))
    await expect(previous).toBeDisabled()
  })

  test('a link to a page in the middle opens there, and leads to the beginning', async () => {
    await page.getByRole('button', { name: 'Next page' }).click()
    await page.getByRole('button', { name: 'Next page' }).click()
    await expect(first(page)).toContainText(named(101))
    const other = await page.context().newPage()
    await other.goto(page.url())
    await expect(first(other)).toContainText(named(101))
    // Which page it is can't be known from its cursor.
    await expect(other.getByText('A later page · 50 accounts shown')).toBeVisible()
    await other.getByRole('button', { name: 'First page' }).click()
    await expect(first(other)).toContainText(named(1))
    await other.close()
  })

  test('the size of a page is in the address, up to the last page', async () => {
    const next = page.getByRole('button', { name: 'Next page' })
    await page.getByRole('textbox', { name: 'Name' }).fill('Account 00')
    await expect(page).toHaveURL(/name=Account\+00/)
    await next.click()
    await expect(rows(page)).toHaveCount(50)
    await expect(rows(page).last()).toContainText(named(99))
    await expect(next).toBeDisabled()
    await page.getByRole('combobox', { name: 'Rows per page' }).click()
    await page.getByRole('option', { name: '100', exact: true }).click()
    // Another size begins at the beginning.
    await expect(rows(page)).toHaveCount(100)
    await expect(page).toHaveURL(/limit=100/)
    await page.reload()
    await expect(rows(page)).toHaveCount(100)
    await expect(page.getByRole('combobox', { name: 'Rows per page' })).toHaveValue('100')
    await expect(next).toBeDisabled()
    await page.getByRole('combobox', { name: 'Rows per page' }).click()
    await page.getByRole('option', { name: '200', exact: true }).click()
    await page.getByRole('textbox', { name: 'Name' }).fill('Account')
    await expect(rows(page)).toHaveCount(201)
    await next.click()
    await expect(first(page)).toContainText(named(201))
  })

  test('filters are in the address: a reload, a record and Back keep them', async () => {
    const name = page.getByRole('textbox', { name: 'Name' })
    await page.getByRole('combobox', { name: 'Cloud type' }).click()
    await page.getByRole('option', { name: /^Hybrid/ }).click()
    await expect(rows(page)).toHaveCount(11)
    await name.fill('ACCOUNT 09')
    await expect(rows(page)).toHaveCount(2)
    await expect(first(page)).toContainText(named(900))
    await expect(page).toHaveURL(/name=ACCOUNT\+09.*cloudType=hybrid|cloudType=hybrid.*name=ACCOUNT\+09/)
    await page.reload()
    await expect(rows(page)).toHaveCount(2)
    await expect(name).toHaveValue('ACCOUNT 09')
    await expect(page.getByRole('combobox', { name: 'Cloud type' })).toHaveValue('Hybrid')
    await page.getByRole('link', { name: named(900), exact: true }).click()
    await expect(page.getByRole('heading', { level: 1, name: named(900) })).toBeVisible()
    await page.goBack()
    await expect(name).toHaveValue('ACCOUNT 09')
    await expect(rows(page)).toHaveCount(2)

    await name.fill('nobody begins so')
    await expect(page.getByText('No account matches')).toBeVisible()
    await page.getByRole('button', { name: 'Clear the filters' }).click()
    await expect(name).toHaveValue('')
    await expect(rows(page)).toHaveCount(51)
    await expect(page).not.toHaveURL(/name=|cloudType=/)
  })

  test('a row’s actions by keyboard: its id is copied, its page is opened', async () => {
    const button = page.getByRole('button', { name: `Actions for ${named(2)}` })
    await page.getByRole('link', { name: named(2), exact: true }).focus()
    await page.keyboard.press('Tab')
    await expect(button).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeVisible()
    await page.keyboard.press('Escape')
    await expect(button).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeFocused()
    await page.keyboard.press('End')
    await expect(page.getByRole('menuitem', { name: 'Copy account id' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByText(`Copied the id of ${named(2)}`)).toBeVisible()
    const id = await page.evaluate(() => navigator.clipboard.readText())
    await expect(button).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeVisible()
    await page.keyboard.press('ArrowDown')
    await expect(page.getByRole('menuitem', { name: 'Open' })).toBeFocused()
    await page.keyboard.press('Enter')
    await expect(page.getByRole('heading', { level: 1, name: named(2) })).toBeVisible()
    await expect(page).toHaveURL(new RegExp(`/a/${id}/e/[^/]+/account-settings/account$`))
    await page.evaluate(() => navigator.clipboard.writeText(''))
    await page.getByRole('button', { name: 'Copy account id' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(id)
  })

  test('the account in the header is found by typing', async () => {
    const account = page.getByRole('combobox', { name: 'Open an account' })
    await account.click()
    await account.fill('account 0900')
    await page.getByRole('option', { name: named(900), exact: true }).click()
    await expect(page.getByRole('combobox', { name: 'Account', exact: true })).toHaveValue(named(900))
    const { items } = await many.api<{ items: Array<{ id: string }> }>('GET', '/api/accounts?name=Account%200900')
    await expect(page).toHaveURL(new RegExp(`/a/${items[0]?.id}/`))
  })
})

async function edited(page: Page, of: Tenant, server: Server): Promise<void> {
  await page.goto(`${server.url}/a/${of.accountId}/e/${of.offer.enterpriseId}/account-settings/account`)
  await page.getByRole('button', { name: 'Edit', exact: true }).click()
  await expect(page.getByRole('textbox', { name: 'Account name', exact: true })).toBeFocused()
}

/** What a colleague saves at the same time. */
async function colleague(server: Server, of: Tenant, change: Record<string, unknown>): Promise<void> {
  const path = `/api/accounts/${of.accountId}`
  await server.api('PUT', path, change, { 'if-match': '*' })
}

const account = (server: Server, of: Tenant) =>
  server.api<{ name: string; masterAccountName: string; address: { city: string } }>(
    'GET',
    `/api/accounts/${of.accountId}`,
  )

test('an account that somebody else has changed meanwhile: theirs, or mine over it', async ({ operator, server }) => {
  const mine = await tenant(server)
  const address = { line1: '2 Quay', city: 'Galway', postalCode: 'H91', country: 'IE' }
  await edited(operator, mine, server)
  const city = operator.getByLabel('City')
  const master = operator.getByLabel('Master account name')
  const alert = operator.getByRole('alert')
  await city.fill('Cork')
  await colleague(server, mine, { address })
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(alert).toContainText('Somebody else has changed this meanwhile')
  // Until it is chosen, everything typed stands.
  await expect(city).toHaveValue('Cork')
  await alert.getByRole('button', { name: 'Load theirs' }).click()
  await expect(city).toHaveValue('Galway')
  await expect(alert).toBeHidden()
  await expect(operator.getByRole('textbox', { name: 'Account name', exact: true })).toBeFocused()

  await city.fill('Limerick')
  await colleague(server, mine, { masterAccountName: 'Theirs Holding' })
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(alert).toContainText('Somebody else')
  await expect(city).toHaveValue('Limerick')
  await master.fill('Mine Holding')
  // While nothing answers neither can be done: that is said, and the choice stands.
  await operator.context().setOffline(true)
  for (const way of ['Load theirs', 'Save mine over it']) {
    await alert.getByRole('button', { name: way }).click()
    await expect(alert).toContainText(way === 'Load theirs' ? 'Could not load what they' : 'Could not save yours')
    await expect(alert).toContainText('The server can’t be reached')
    await expect(city).toHaveValue('Limerick')
  }
  await operator.context().setOffline(false)
  // Pressed twice, it is done once.
  await alert.getByRole('button', { name: 'Save mine over it' }).dblclick()
  await expect(operator.getByText('The account is saved.')).toHaveCount(1)
  await expect(operator.getByRole('button', { name: 'Edit', exact: true })).toBeVisible()
  expect(await account(server, mine)).toMatchObject({
    masterAccountName: 'Mine Holding',
    address: { city: 'Limerick' },
  })
})

test('deleting an account says what it depends on, and then until when it can be restored', async ({ page }) => {
  const server = await Server.begin({ FREEHOLD_DELETION_GRACE_DAYS: '7' })
  try {
    const mine = await tenant(server)
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    await go(page, `/a/${mine.accountId}/e/-/account-settings/account`)
    await page.getByRole('button', { name: 'Delete', exact: true }).click()
    const dialog = page.getByRole('dialog', { name: `Delete account ${mine.name}` })
    await expect(dialog).toContainText('deletion_grace_days')
    await dialog.getByLabel(`Type ${mine.name} to confirm`).fill(mine.name)
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    const until = new Date(Date.now() + 7 * 86_400_000).getUTCFullYear()
    await expect(page.getByText(new RegExp(`It can be restored until .*${until}`))).toBeVisible()
    await page.getByRole('button', { name: 'Restore the account' }).click()
    await expect(page.getByText('The account is active again.')).toBeVisible()
  } finally {
    await server.end()
  }
})

test('a license that ends soon says what its end means', async ({ operator, server }) => {
  const mine = await tenant(server, { endDate: day(20) })
  await operator.goto(`${server.url}/a/${mine.accountId}/e/${mine.offer.enterpriseId}/account-settings/licenses`)
  await expect(operator.getByText('1 license ends within')).toContainText(
    'An expired license gives no new seats. If no other license follows, its users can work until the grace period is over.',
  )
})

test('an account’s name that is taken is said at the name', async ({ operator, server, acme }) => {
  const mine = await tenant(server)
  await edited(operator, mine, server)
  const name = operator.getByRole('textbox', { name: 'Account name', exact: true })
  await operator.getByLabel('City').fill('Cork')
  await name.fill(acme.name.toUpperCase())
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(name).toHaveAttribute('aria-invalid', 'true')
  await expect(name).toBeFocused()
  await expect(name).toHaveAccessibleDescription(/name/)
  await expect(operator.getByLabel('City')).toHaveValue('Cork')
  const other = fresh('Renamed')
  await name.fill(other)
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(operator.getByRole('heading', { level: 1, name: other })).toBeVisible()
  // The header knows it by its new name, too.
  await expect(operator.getByRole('combobox', { name: 'Account', exact: true })).toHaveValue(other)
})

test('a viewer sees their own account, and why they may not change it', async ({ page, server }) => {
  const mine = await tenant(server)
  await accepted(server, mine.email)
  await signIn(page, server.url, mine.email, PASSWORD)
  await go(page, 'account-settings/account')
  await expect(page.getByRole('heading', { level: 1, name: mine.name })).toBeVisible()
  for (const [name, right] of [
    ['Edit', 'edit'],
    ['Delete', 'delete'],
  ] as const) {
    const button = page.getByRole('button', { name, exact: true })
    await expect(button).toHaveAttribute('aria-disabled', 'true')
    await expect(button).toHaveAccessibleDescription(new RegExp(`Account settings / Account: ${right}|operators`))
    await button.click({ force: true })
  }
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(page.getByRole('textbox', { name: 'Account name', exact: true })).toHaveCount(0)
  await page.goto(`${server.url}/platform/accounts/new`)
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
})
