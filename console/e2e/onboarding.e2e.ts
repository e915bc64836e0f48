// Onboarding an account in the console: the wizard, what it keeps, what it refuses, and how long it takes.
import type { Locator, Page } from '@playwright/test'
import { accessible } from './accessible'
import { expect, go, signIn, test } from './fixtures'
import { OPERATOR, Server } from './server'
import { day, fresh, offer, type Offer, tenant } from './world'

const STEPS = ['Account details', 'Address', 'First users', 'Licenses', 'Review']

function step(page: Page, at: number): Locator {
  return page.getByRole('region', { name: `Step ${at} of 5: ${STEPS[at - 1]}` })
}

async function next(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Next', exact: true }).click()
}

async function details(page: Page, name: string, cloudType = 'Public'): Promise<void> {
  const here = step(page, 1)
  await here.getByLabel('Account name').first().fill(name)
  await here.getByLabel('Master account name').fill('Holding')
  await here.getByRole('radio', { name: cloudType }).check()
  await next(page)
}

async function address(page: Page): Promise<void> {
  const here = step(page, 2)
  await here.getByLabel('Address line 1').fill('1 Main St')
  await here.getByLabel('City').fill('Springfield')
  await here.getByLabel('Postal code').fill('62701')
  await pick(page, here, 'Country', 'germ', 'Germany (DE)')
  await next(page)
}

/** The technical user, and an administrator unless the account is to begin without one. */
async function firstUsers(page: Page, email: string, administrator?: string): Promise<void> {
  const here = step(page, 3)
  const invite = here.getByRole('switch', { name: 'Invite an administrator' })
  if (administrator) {
    await invite.check()
    const person = here.getByRole('group', { name: 'Administrator' })
    await person.getByLabel('First name').fill('Mary')
    await person.getByLabel('Last name').fill('Shaw')
    await person.getByLabel('E-mail address').fill(administrator)
  } else {
    await invite.uncheck()
  }
  const person = here.getByRole('group', { name: 'Technical user' })
  await person.getByLabel('First name').fill('Ada')
  await person.getByLabel('Last name').fill('Byron')
  await person.getByLabel('E-mail address').fill(email)
  await next(page)
}

/** Chooses from a list by typing a part of what is chosen. */
async function pick(page: Page, within: Locator, label: string, typed: string, option: string): Promise<void> {
  const field = within.getByRole('combobox', { name: label })
  await field.click()
  await field.fill(typed)
  await page.getByRole('option', { name: option, exact: true }).click()
}

async function licenses(page: Page, of: Offer): Promise<void> {
  const here = step(page, 4)
  await pick(page, here, 'Enterprise', of.enterprise, of.enterprise)
  // One product and one service hang on it: they are chosen by themselves.
  await expect(here.getByRole('combobox', { name: 'Product' })).toHaveValue(of.product)
  await expect(here.getByRole('combobox', { name: 'Service' })).toHaveValue(of.service)
  await next(page)
}

async function wizard(page: Page, name: string, email: string, of: Offer, cloudType = 'Public'): Promise<void> {
  await details(page, name, cloudType)
  await address(page)
  await firstUsers(page, email)
  await licenses(page, of)
  await expect(step(page, 5).getByText(name, { exact: true })).toBeVisible()
  await page.getByRole('button', { name: 'Create the account' }).click()
}

async function isActive(page: Page): Promise<void> {
  await expect(page.getByRole('heading', { name: 'The account is active' })).toBeVisible()
}

test('onboards from the sign-in page to an active account within a minute, on one page load', async ({
  page,
  server,
}) => {
  const of = await offer(server)
  const name = fresh('Northwind Traders')
  const begun = Date.now()
  await page.goto(`${server.url}/sign-in`)
  await page.evaluate(() => Object.assign(window, { sameLoad: true }))
  await page.getByLabel('E-mail address').fill(OPERATOR.email)
  await page.getByLabel('Password', { exact: true }).fill(OPERATOR.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Accounts', exact: true }).click()
  await page.getByRole('link', { name: 'Onboard an account' }).click()
  await wizard(page, name, 'ada@traders.example', of)
  await isActive(page)
  const took = (Date.now() - begun) / 1000
  console.log(`from the sign-in page to an active account: ${took.toFixed(1)} s`)
  expect(took).toBeLessThan(60)
  expect(await page.evaluate(() => 'sameLoad' in window)).toBe(true)
  await expect(
    page.getByRole('list', { name: 'Steps' }).getByRole('listitem', { name: 'Read everything back as the tenant' }),
  ).toContainText('Succeeded')
  await page.getByRole('link', { name: 'Open the account' }).click()
  await expect(page).toHaveURL(/\/dashboard$/)
  await expect(page.getByRole('heading', { level: 1, name: 'Overview' })).toBeVisible()
  await expect(page.getByRole('main').getByText(name)).toBeVisible()
  await page.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Account', exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await expect(page.getByText('Germany')).toBeVisible()
  await expect(page.getByText('Ada Byron')).toBeVisible()
})

test('onboards a private account, whose table is made', async ({ operator: page, server }) => {
  const of = await offer(server)
  await go(page, 'platform/accounts/new')
  await wizard(page, fresh('Private'), 'ada@private.example', of, 'Private')
  await isActive(page)
  const steps = page.getByRole('list', { name: 'Steps' })
  await expect(steps.getByRole('listitem', { name: 'Create the account’s own table' })).toContainText('Succeeded')
  await expect(steps.getByRole('listitem', { name: 'Publish the parameters' })).toContainText('Skipped')
})

test('validates step by step, keeps everything on the way back, and moves the focus', async ({
  operator: page,
  server,
}) => {
  await offer(server)
  await go(page, 'platform/accounts/new')
  await next(page)
  await expect(step(page, 1).getByText('Account name is needed', { exact: true })).toBeVisible()
  await expect(step(page, 1).getByLabel('Account name').first()).toBeFocused()
  await step(page, 1).getByLabel('Account name').first().fill('Kept')
  await expect(step(page, 1).getByText('Account name is needed', { exact: true })).toBeHidden()
  await details(page, 'Kept')
  await expect(page.getByRole('heading', { name: 'Step 2 of 5: Address' })).toBeFocused()
  // Steps that were not reached can't be gone to; those passed can.
  await expect(page.getByRole('button', { name: 'Step 4: Licenses' })).toBeDisabled()
  await address(page)
  await expect(step(page, 3).getByText('Technical Role', { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Back' }).click()
  await expect(step(page, 2).getByLabel('City')).toHaveValue('Springfield')
  await page.getByRole('button', { name: 'Step 1: Account details' }).click()
  await expect(step(page, 1).getByLabel('Account name').first()).toHaveValue('Kept')
  await page.goBack()
  await expect(step(page, 2).getByLabel('City')).toHaveValue('Springfield')
  await page.getByRole('button', { name: 'Step 3: First users' }).click()
  for (const wrong of ['not-an-address', 'ada@acme']) {
    await firstUsers(page, wrong)
    await expect(step(page, 3).getByText('Not an e-mail address', { exact: false })).toBeVisible()
  }
})

test('a draft survives a reload, and can be discarded', async ({ operator: page, server }) => {
  await offer(server)
  await go(page, 'platform/accounts/new')
  await details(page, 'Drafted')
  await step(page, 2).getByLabel('City').fill('Halfway')
  await expect.poll(() => page.evaluate(() => JSON.stringify(Object.values(sessionStorage)))).toContain('Halfway')
  await page.reload()
  await expect(page.getByText('Draft from')).toBeVisible()
  await expect(step(page, 2).getByLabel('City')).toHaveValue('Halfway')
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(step(page, 1).getByLabel('Account name').first()).toHaveValue('')
  await expect(page.getByText('Draft from')).toBeHidden()
})

test('the step follows the address, and an address that can’t be followed yet is corrected', async ({
  operator: page,
  server,
}) => {
  await offer(server)
  await go(page, 'platform/accounts/new?step=licenses')
  await expect(page).toHaveURL(/\?step=details$/)
  await details(page, 'Reloaded')
  await expect(page.getByRole('heading', { name: 'Step 2 of 5: Address' })).toBeFocused()
  // The draft is written while one types, and a step later nothing is typed any more.
  await expect.poll(() => page.evaluate(() => JSON.stringify(Object.values(sessionStorage)))).toContain('Reloaded')
  await page.reload()
  await expect(page).toHaveURL(/\?step=address$/)
  await expect(step(page, 2)).toBeVisible()
  await address(page)
  await expect(step(page, 3)).toBeVisible()
  await page.goBack()
  await expect(page).toHaveURL(/\?step=address$/)
  await expect(step(page, 2)).toBeVisible()
  await page.goForward()
  await expect(step(page, 3)).toBeVisible()
  await page.reload()
  await expect(step(page, 3)).toBeVisible()
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(step(page, 1)).toBeVisible()
  await page.reload()
  await expect(step(page, 1).getByLabel('Account name').first()).toHaveValue('')
})

test('the server’s refusals land on their fields, on their steps', async ({ operator: page, server, acme }) => {
  const of = await offer(server)
  await go(page, 'platform/accounts/new')
  await wizard(page, acme.name, 'ada@refused.example', of)
  const name = step(page, 1).getByLabel('Account name').first()
  await expect(name).toBeFocused()
  await expect(step(page, 1).getByText('There is an account named', { exact: false })).toBeVisible()
  await name.fill(fresh('Free'))
  await page.getByRole('button', { name: 'Step 3: First users' }).click()
  // An address that another account has is nobody's business here.
  await step(page, 3).getByLabel('E-mail address').fill(acme.email)
  await page.getByRole('button', { name: 'Step 5: Review' }).click()
  await page.getByRole('button', { name: 'Create the account' }).click()
  await isActive(page)
})

test('licenses: lists that hang on each other, the same triple twice, days in order', async ({
  operator: page,
  server,
}) => {
  const of = await offer(server)
  await go(page, 'platform/accounts/new')
  await details(page, fresh('Licensed'))
  await address(page)
  await firstUsers(page, 'ada@licensed.example')
  const here = step(page, 4)
  await pick(page, here.getByRole('group', { name: 'License 1' }), 'Enterprise', of.enterprise, of.enterprise)
  await page.getByRole('button', { name: 'Add a license' }).click()
  const second = here.getByRole('group', { name: 'License 2' })
  await pick(page, second, 'Enterprise', of.enterprise, of.enterprise)
  await second.getByLabel('Last day').fill(day(-5))
  await next(page)
  await expect(second.getByText('Another license is of this enterprise', { exact: false })).toBeVisible()
  await expect(second.getByText('The end is not before the start')).toBeVisible()
  await second.getByLabel('Contact name').fill('Grace')
  await next(page)
  await expect(second.getByText('e-mail address is needed', { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Remove license 2' }).click()
  await next(page)
  await expect(step(page, 5).getByText(of.service, { exact: false })).toBeVisible()
  await page.getByRole('button', { name: 'Edit: Address' }).click()
  await expect(page.getByRole('heading', { name: 'Step 2 of 5: Address' })).toBeFocused()
})

for (const name of [
  '<img src=x onerror=alert(1)> & <b>Söhne</b>',
  'شركة الاختبار للتجارة',
  '🚀 Rocket 🧑🏽',
  'w'.repeat(195),
]) {
  test(`a name such as ${name.slice(0, 30)} is shown as it is`, async ({ operator: page, server }) => {
    const whole = `${name} ${fresh('x').slice(-3)}`
    await offer(server)
    const made = await tenant(server, { name: whole })
    await page.setViewportSize({ width: 390, height: 844 })
    // Of the accounts of other stories there can be a page full before it.
    const named = `?name=${encodeURIComponent(whole)}`
    for (const path of [
      `platform/accounts${named}`,
      `platform/accounts${named}&view=cards`,
      `/a/${made.accountId}/e/-/account-settings/account`,
      `/a/${made.accountId}/e/-/account-settings/account/provisioning`,
      'platform/runs',
    ]) {
      await go(page, path)
      await expect(page.getByRole('main').getByText(whole).filter({ visible: true }).first()).toBeVisible()
      const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)
      expect(over, path).toBeLessThanOrEqual(0)
    }
  })
}

test('with nothing to license yet, it says what to make first', async ({ page }) => {
  const bare = await Server.begin()
  try {
    await signIn(page, bare.url, OPERATOR.email, OPERATOR.password)
    await go(page, 'platform/accounts/new')
    await expect(page.getByText('There is nothing to license yet')).toBeVisible()
    await page.getByRole('link', { name: 'Create an enterprise, a product and a service' }).click()
    await expect(page).toHaveURL(/quick-start$/)
  } finally {
    await bare.end()
  }
})

test('every step is accessible in both schemes', async ({ operator: page, server }) => {
  const of = await offer(server)
  await go(page, 'platform/accounts/new')
  await next(page)
  await accessible(page)
  await details(page, fresh('Looked at'))
  await accessible(page)
  await address(page)
  await accessible(page)
  await firstUsers(page, 'ada@looked.example')
  await accessible(page)
  await licenses(page, of)
  await accessible(page)
})
