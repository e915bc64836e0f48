// A new platform, by what is on screen alone: from the operator's first sign-in to an account whose administrator has signed in.
import type { Page } from '@playwright/test'
import { accessible } from './accessible'
import { expect, go, test } from './fixtures'
import { INITIAL, OPERATOR, Server, until } from './server'
import { PASSWORD, active, fresh, offer, tenant } from './world'

const MOST_SECONDS = 180

/** Sets a first password, as operators and invited people do. */
async function choosePassword(page: Page, password: string, act: string): Promise<void> {
  await page.getByLabel('New password', { exact: true }).fill(password)
  await page.getByLabel('New password, again').fill(password)
  await page.getByRole('button', { name: act }).click()
}

test('a new operator comes to an account with an administrator who has signed in', async ({ browser, page }) => {
  test.setTimeout(240_000)
  const server = await Server.untouched()
  try {
    const begun = Date.now()
    await page.goto(server.url)
    await page.getByLabel('E-mail address').fill(OPERATOR.email)
    await page.getByLabel('Password', { exact: true }).fill(INITIAL)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await choosePassword(page, OPERATOR.password, 'Set password and sign in')

    const steps = page.getByRole('list', { name: 'First steps' }).getByRole('listitem')
    await expect(steps.nth(0)).toContainText('To do:')
    await accessible(page)
    await page.getByRole('link', { name: 'Create them' }).click()
    await accessible(page)
    await page.getByRole('button', { name: 'Create all three' }).click()
    await expect(steps.nth(0)).toContainText('Done:')

    await steps.nth(1).getByRole('link', { name: 'Onboard the first account' }).click()
    await page.getByRole('textbox', { name: 'Account name', exact: true }).fill('Acme Robotics')
    await page.getByLabel('Master account name').fill('Acme Holding')
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await page.getByLabel('Address line 1').fill('1 Main St')
    await page.getByLabel('City').fill('Springfield')
    await page.getByLabel('Postal code').fill('62701')
    const country = page.getByRole('combobox', { name: 'Country' })
    await country.click()
    await country.fill('germ')
    await page.getByRole('option', { name: 'Germany (DE)', exact: true }).click()
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    for (const [role, first, last, email] of [
      ['Administrator', 'Mary', 'Shaw', 'mary@acme.example'],
      ['Technical user', 'Ada', 'Byron', 'ada@acme.example'],
    ] as const) {
      const person = page.getByRole('group', { name: role })
      await person.getByLabel('First name').fill(first)
      await person.getByLabel('Last name').fill(last)
      await person.getByLabel('E-mail address').fill(email)
    }
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    // There is one thing to license: it is chosen already.
    await page.getByRole('button', { name: 'Next', exact: true }).click()
    await expect(page.getByText('mary@acme.example')).toBeVisible()
    await page.getByRole('button', { name: 'Create the account' }).click()
    await expect(page.getByRole('heading', { name: 'The account is active' })).toBeVisible()

    await page.getByRole('link', { name: 'Back to the first steps' }).click()
    await expect(page.getByRole('heading', { name: 'Your platform is set up' })).toBeVisible()
    await expect(steps.nth(2)).toContainText('Done:')
    await steps.nth(2).getByRole('link', { name: 'sent mail' }).click()
    const mail = page.getByRole('row').filter({ hasText: 'mary@acme.example' })
    await mail.getByRole('button', { name: 'Your invitation' }).click()
    await page.getByRole('button', { name: 'Copy the link in the mail' }).click()
    const link = await page.evaluate(() => navigator.clipboard.readText())
    await page.keyboard.press('Escape')

    const mary = await (await browser.newContext()).newPage()
    await mary.goto(link)
    await choosePassword(mary, PASSWORD, 'Accept the invitation')
    await mary.getByLabel('E-mail address').fill('mary@acme.example')
    await mary.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await mary.getByRole('button', { name: 'Sign in' }).click()
    await expect(mary.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
    const took = (Date.now() - begun) / 1000
    console.log(`from the first sign-in to an administrator who has signed in: ${took.toFixed(1)} s`)
    expect(took).toBeLessThan(MOST_SECONDS)

    // They are no dead end: they add the next user.
    await mary.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Users' }).click()
    await mary.getByRole('link', { name: 'Add user' }).click()
    await mary.getByLabel('First name').fill('Grace')
    await mary.getByLabel('Last name').fill('Hopper')
    await mary.getByRole('textbox', { name: 'E-mail' }).fill('grace@acme.example')
    await mary.getByRole('button', { name: 'Add user' }).click()
    await expect(mary.getByRole('heading', { level: 1, name: 'Grace Hopper' })).toBeVisible()
    await mary.context().close()

    await page.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Accounts', exact: true }).click()
    await expect(steps.nth(2)).toContainText('An administrator has signed in.')
    await page.getByRole('button', { name: 'Dismiss' }).click()
    await expect(page.getByRole('heading', { name: 'Your platform is set up' })).toBeHidden()
    await page.reload()
    await expect(page.getByRole('link', { name: 'Acme Robotics' })).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Your platform is set up' })).toBeHidden()
  } finally {
    await server.end()
  }
})

test('a name that is taken is said at its own field, and a retry creates nothing twice', async ({
  operator: page,
  server,
}) => {
  const taken = await offer(server)
  await go(page, 'platform/quick-start')
  const [enterprise, product, service] = [fresh('Brand'), fresh('Suite'), fresh('Editor')]
  await page.getByLabel('Enterprise').fill(enterprise)
  await page.getByLabel('Product').fill(taken.product)
  await page.getByLabel('Service').fill(service)
  await page.getByRole('button', { name: 'Create all three' }).click()
  await expect(page.getByLabel('Product')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Product').fill(product)
  await page.getByRole('button', { name: 'Create all three' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Accounts' })).toBeVisible()
  const named = await server.api<{ items: unknown[] }>('GET', `/api/services?name=${encodeURIComponent(service)}`)
  expect(named.items).toHaveLength(1)
})

test('an account without an administrator gets one, also after a failure in between', async ({
  operator: page,
  server,
}) => {
  const mine = await tenant(server)
  await active(server, mine.accountId)
  await go(page, `/a/${mine.accountId}/e/-/account-settings/account`)
  await page.getByRole('button', { name: 'Invite an administrator' }).click()
  const dialog = page.getByRole('dialog', { name: `Invite an administrator of ${mine.name}` })
  await dialog.getByLabel('First name').fill('Mary')
  await dialog.getByLabel('Last name').fill('Shaw')
  await dialog.getByLabel('E-mail address').fill(mine.email)
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  // The technical user has the address. The role and the group are there by now.
  await expect(dialog.getByLabel('E-mail address')).toHaveAttribute('aria-invalid', 'true')
  await expect(dialog.getByRole('list', { name: 'Progress' }).getByRole('listitem').nth(1)).toContainText('done')
  const email = `${fresh('mary').replace(' ', '-')}@people.example`
  await dialog.getByLabel('E-mail address').fill(email)
  await accessible(page)
  await dialog.getByRole('button', { name: 'Invite', exact: true }).click()
  await expect(dialog).toBeHidden()
  const { accountId } = mine
  for (const path of ['roles?name=Account%20administrator', 'groups?name=Account%20administrators']) {
    const { items } = await server.api<{ items: unknown[] }>('GET', `/api/${path}&accountId=${accountId}`)
    expect(items, path).toHaveLength(1)
  }
  await until(10_000, 'the user to be in the group', async () => {
    const { items } = await server.api<{ items: Array<{ email: string }> }>('GET', `/api/users?accountId=${accountId}`)
    return items.some((one) => one.email === email)
  })
})
