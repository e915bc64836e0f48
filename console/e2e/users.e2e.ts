// People: added on a seat, invited, disabled, and never mixed up between accounts.
import type { Page } from '@playwright/test'
import { accessible } from './accessible'
import { PLATFORM_ACCOUNT, expect, signIn, test } from './fixtures'
import { OPERATOR, type Server } from './server'
import { PASSWORD, type Tenant, accepted, day, fresh, invitationLink, tenant, user } from './world'

const users = (server: Server, of: Tenant, page = '') =>
  `${server.url}/a/${of.accountId}/e/${of.offer.enterpriseId}/access-control/users${page}`

async function fillIn(page: Page, first: string, last: string, email: string): Promise<void> {
  await page.getByLabel('First name').fill(first)
  await page.getByLabel('Last name').fill(last)
  await page.getByRole('textbox', { name: 'E-mail' }).fill(email)
}

test('adds a user with an invitation, who accepts it, signs in, and sees their own account alone', async ({
  operator,
  server,
  browser,
}) => {
  const mine = await tenant(server)
  const other = await tenant(server)
  const email = `${fresh('grace').replace(' ', '-')}@people.example`
  const groups = await server.api<{ items: Array<{ name: string }> }>('GET', `/api/groups?accountId=${mine.accountId}`)

  await operator.goto(users(server, mine))
  await operator.getByRole('link', { name: 'Add user' }).click()
  await expect(operator.getByRole('region', { name: 'Seats' })).toContainText('1 of 10 seats used, 9 free')
  await expect(operator.getByText(mine.offer.product, { exact: true })).toBeVisible()
  await accessible(operator)
  await fillIn(operator, 'Grace', 'Hopper', email)
  await operator.getByRole('combobox', { name: 'Groups' }).click()
  await operator.getByRole('option', { name: groups.items[0]!.name }).click()
  await operator.keyboard.press('Escape')
  await operator.getByRole('button', { name: 'Add user' }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Grace Hopper' })).toBeVisible()
  await expect(operator.getByText(/^Sent .* good until /)).toBeVisible()
  await expect(operator.getByRole('region', { name: 'Groups' }).getByRole('link')).toHaveText(groups.items[0]!.name)

  const context = await browser.newContext()
  const grace = await context.newPage()
  const link = new URL(await invitationLink(server, email))
  await grace.goto(`${server.url}${link.pathname}${link.hash}`)
  await grace.getByLabel('New password', { exact: true }).fill(PASSWORD)
  await grace.getByRole('textbox', { name: 'New password, again' }).fill(PASSWORD)
  await grace.getByRole('button', { name: 'Accept the invitation' }).click()
  await expect(grace).toHaveURL(/sign-in/)
  await signIn(grace, server.url, email, PASSWORD)
  await expect(grace.getByRole('navigation', { name: 'Where you are' })).toContainText(mine.name)
  await expect(grace.getByRole('combobox', { name: 'Account' })).toHaveCount(0)
  await grace.goto(users(server, other))
  await expect(grace.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await context.close()

  await operator.reload()
  await expect(operator.getByText('Confirmed')).toBeVisible()
  await expect(operator.getByRole('button', { name: 'Invite again' })).toHaveAttribute('aria-disabled', 'true')
})

test('says when the seats run out, before and after somebody was typed', async ({ operator, server }) => {
  const small = await tenant(server, { seats: 2 })
  await operator.goto(users(server, small, '/new'))
  await expect(operator.getByRole('region', { name: 'Seats' })).toContainText('1 free')
  await fillIn(operator, 'Late', 'Comer', `${fresh('late').replace(' ', '-')}@people.example`)
  // Somebody else takes the last seat while the form is filled in.
  await user(server, small)
  await operator.getByRole('button', { name: 'Add user' }).click()
  await expect(
    operator.getByText('Every seat of the licenses for this enterprise, product and service is taken'),
  ).toBeVisible()
  await expect(operator.getByRole('region', { name: 'Seats' })).toContainText('2 of 2 seats used, none free')
  await expect(operator.getByRole('alert').filter({ hasText: 'Every seat of' }).first()).toBeVisible()
  await expect(operator.getByRole('button', { name: 'Add user' })).toBeDisabled()
  await expect(operator.getByLabel('First name')).toHaveValue('Late')
  await expect(operator.getByRole('alert').getByRole('link', { name: 'users' })).toBeVisible()
})

test('says in the same words everywhere that there are more users than seats', async ({ operator, server }) => {
  const small = await tenant(server, { seats: 2 })
  await user(server, small)
  const { accountId } = small
  const { items } = await server.api<{ items: Array<{ id: string; startDate: string; endDate: string }> }>(
    'GET',
    `/api/licenses?accountId=${accountId}`,
  )
  const { id, startDate, endDate } = items[0]!
  const terms = { startDate, endDate, numberOfUsers: 1, overCapacity: true }
  await server.api('PUT', `/api/licenses/${id}?accountId=${accountId}`, terms, { 'If-Match': '*' })
  const place = `${server.url}/a/${accountId}/e/${small.offer.enterpriseId}`
  const numbers = '2 of 1 seat used, over capacity, 1 seat missing'
  await operator.goto(`${place}/account-settings/licenses`)
  await expect(operator.getByRole('region', { name: 'Table of licenses' })).toContainText(numbers)
  for (const page of [`account-settings/licenses/${id}`, 'dashboard', 'access-control/users/new']) {
    await operator.goto(`${place}/${page}`)
    await expect(operator.getByRole('region', { name: 'Seats' }), page).toContainText(numbers)
  }
  await operator.goto(`${place}/account-settings/account`)
  await expect(operator.getByRole('region', { name: 'Table of licenses' })).toContainText(numbers)
  await expect(operator.getByRole('alert').filter({ hasText: 'Over capacity' })).toContainText(numbers)
})

test('the license is chosen step by step, and its seats are shown', async ({ operator, server }) => {
  const mine = await tenant(server)
  const { enterpriseId, productId, serviceId } = mine.offer
  const [product, build, proof] = [fresh('Workbench'), fresh('Build'), fresh('Test')]
  const serviceIds = await Promise.all(
    [build, proof].map(async (name) => (await server.api('POST', '/api/services', { name })).id as string),
  )
  const second = await server.api('POST', '/api/products', { name: product, serviceIds: [serviceId, ...serviceIds] })
  await server.api('PUT', `/api/enterprises/${enterpriseId}`, { productIds: [productId, second.id] })
  for (const [place, id] of serviceIds.entries()) {
    const license = { accountId: mine.accountId, enterpriseId, productId: second.id, serviceId: id }
    const terms = { startDate: day(-1), endDate: day(90), numberOfUsers: place + 1 }
    await server.api('POST', '/api/licenses', { ...license, ...terms })
  }
  await operator.goto(users(server, mine, '/new'))
  const seats = operator.getByRole('region', { name: 'Seats' })
  await expect(seats.getByRole('listitem')).toHaveCount(3)
  await expect(operator.getByRole('combobox', { name: 'Service' })).toBeDisabled()
  await fillIn(operator, 'Joan', 'Clarke', `${fresh('joan').replace(' ', '-')}@people.example`)
  await operator.getByRole('button', { name: 'Add user' }).click()
  await expect(operator.getByRole('combobox', { name: 'Product' })).toHaveAccessibleDescription('Product is needed')
  await operator.getByRole('combobox', { name: 'Product' }).click()
  await operator.getByRole('option', { name: product }).click()
  await operator.getByRole('combobox', { name: 'Service' }).click()
  await operator.getByRole('option', { name: proof }).click()
  await operator.getByRole('button', { name: 'Add user' }).click()
  await expect(operator.getByRole('link', { name: `${mine.offer.enterprise} / ${product} / ${proof}` })).toBeVisible()
})

test('puts a taken address at its field', async ({ operator, server, acme }) => {
  await operator.goto(users(server, acme, '/new'))
  await fillIn(operator, 'Ada', 'Again', acme.email)
  await operator.getByRole('switch', { name: 'Send an invitation' }).click()
  await operator.getByRole('button', { name: 'Add user' }).click()
  await expect(operator.getByRole('textbox', { name: 'E-mail' })).toHaveAccessibleDescription(
    /has this e-mail address/i,
  )
  await expect(operator.getByRole('textbox', { name: 'E-mail' })).toBeFocused()
})

test('edits, filters and deletes', async ({ operator, server }) => {
  const mine = await tenant(server)
  const { id, email } = await user(server, mine)
  const query = `?accountId=${mine.accountId}`
  await operator.goto(users(server, mine, `/${id}`))
  await operator.getByRole('button', { name: 'Edit details' }).click()
  await expect(operator.getByRole('textbox', { name: 'E-mail' })).toBeDisabled()
  await operator.getByLabel('Last name').fill('Murray')
  // Somebody else saves first.
  await server.api('PUT', `/api/users/${id}${query}`, { endDate: day(30) })
  await operator.getByRole('button', { name: 'Save details' }).click()
  await expect(operator.getByText('Somebody else has changed this meanwhile')).toBeVisible()
  await operator.getByRole('button', { name: 'Load theirs' }).click()
  await expect(operator.getByLabel('Last day')).toHaveValue(day(30))
  await operator.getByLabel('Last name').fill('Murray')
  await operator.getByRole('button', { name: 'Save details' }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Grace Murray' })).toBeVisible()
  await expect(operator.getByText('30 d left')).toBeVisible()
  await accessible(operator)

  await operator.goto(users(server, mine))
  await expect(operator.getByRole('row')).toHaveCount(3)
  await operator.getByRole('textbox', { name: 'E-mail' }).fill(email.slice(0, -4).toUpperCase())
  await expect(operator.getByRole('row')).toHaveCount(2)
  await accessible(operator)
  await operator.getByRole('button', { name: 'Actions for Grace Murray' }).click()
  await operator.getByRole('menuitem', { name: 'Delete' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Delete Grace Murray' })
  await expect(dialog).toContainText(email)
  await dialog.getByRole('button', { name: 'Delete user' }).click()
  await expect(operator.getByText('No user matches')).toBeVisible()
})

test('a change of somebody else’s is kept by one’s own save', async ({ operator, server }) => {
  const mine = await tenant(server)
  const { id } = await user(server, mine)
  const path = `/api/users/${id}?accountId=${mine.accountId}`
  await operator.goto(users(server, mine, `/${id}`))
  await operator.getByRole('button', { name: 'Edit details' }).click()
  await operator.getByLabel('First name').fill('Amazing')
  await server.api('PUT', path, { lastName: 'Murray' })
  await operator.getByRole('button', { name: 'Save details' }).click()
  await expect(operator.getByRole('list', { name: 'Your changes to what is stored now' })).toHaveText(
    '− First name: Grace+ First name: Amazing',
  )
  await expect(operator.getByRole('list', { name: 'Their changes, which stay' })).toHaveText(
    '− Last name: Hopper+ Last name: Murray',
  )
  // Saved once more meanwhile, it is shown once more.
  await server.api('PUT', path, { firstName: 'G.' })
  await operator.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(operator.getByRole('list', { name: 'Your changes to what is stored now' })).toContainText(
    '− First name: G.',
  )
  await operator.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Amazing Murray' })).toBeVisible()
  expect(await server.api('GET', path)).toMatchObject({ firstName: 'Amazing', lastName: 'Murray' })
})

test('disabling somebody ends their session, and enabling lets them in again', async ({
  operator,
  server,
  browser,
}) => {
  const mine = await tenant(server)
  await accepted(server, mine.email)
  const context = await browser.newContext()
  const ada = await context.newPage()
  await signIn(ada, server.url, mine.email, PASSWORD)
  await ada.goto(users(server, mine))
  await expect(ada.getByRole('link', { name: 'Ada Byron' })).toBeVisible()

  await operator.goto(users(server, mine))
  await operator.getByRole('button', { name: 'Actions for Ada Byron' }).click()
  await operator.getByRole('menuitem', { name: 'Disable' }).click()
  await operator.getByRole('dialog').getByRole('button', { name: 'Disable user' }).click()
  const table = operator.getByRole('region', { name: 'Table of users' })
  await expect(table.getByText('Inactive')).toBeVisible()

  await ada.getByRole('button', { name: 'Refresh' }).click()
  await expect(ada.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()

  await operator.getByRole('button', { name: 'Actions for Ada Byron' }).click()
  await operator.getByRole('menuitem', { name: 'Enable' }).click()
  await expect(table.getByText('Active', { exact: true })).toBeVisible()
  await ada.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await ada.getByRole('dialog').getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(ada.getByRole('dialog')).toHaveCount(0)
  await context.close()
})

test('two tabs on two accounts do not mix, and the selector fetches anew', async ({ operator, server }) => {
  const [one, two] = [await tenant(server), await tenant(server)]
  const second = await operator.context().newPage()
  await operator.goto(users(server, one, '/new'))
  await second.goto(users(server, two, '/new'))
  const tabs = [
    { page: operator, of: one, name: fresh('Onesie') },
    { page: second, of: two, name: fresh('Twosome') },
  ]
  // Filled in together and sent together: neither knows of the other.
  for (const { page, name } of tabs) await fillIn(page, name, 'Tab', `${name.replace(' ', '-')}@people.example`)
  await Promise.all(tabs.map(({ page }) => page.getByRole('button', { name: 'Add user' }).click()))
  for (const { page, of, name } of tabs) {
    await expect(page.getByRole('heading', { level: 1, name: `${name} Tab` })).toBeVisible()
    await page.getByRole('link', { name: 'Users', exact: true }).first().click()
    await expect(page.getByRole('link', { name: `${name} Tab` })).toBeVisible()
    await expect(page.getByRole('row')).toHaveCount(3)
    await expect(page).toHaveURL(new RegExp(of.accountId))
  }

  await operator.getByRole('combobox', { name: 'Account' }).click()
  await operator.getByRole('combobox', { name: 'Account' }).fill(two.name)
  await operator.getByRole('option', { name: two.name }).click()
  await expect(operator).toHaveURL(new RegExp(`${two.accountId}.*/access-control/users`))
  await expect(operator.getByRole('link', { name: `${tabs[1]!.name} Tab` })).toBeVisible()
  await expect(operator.getByRole('link', { name: `${tabs[0]!.name} Tab` })).toHaveCount(0)
  await second.close()
})

test('a viewer sees what they may not do, and why', async ({ page, server }) => {
  const mine = await tenant(server)
  await accepted(server, mine.email)
  await signIn(page, server.url, mine.email, PASSWORD)
  await page.goto(users(server, mine))
  const add = page.getByRole('button', { name: 'Add user' }).first()
  await expect(add).toHaveAttribute('aria-disabled', 'true')
  await expect(add).toHaveAccessibleDescription(/Access control \/ Users: create/)
  await page.getByRole('button', { name: 'Actions for Ada Byron' }).click()
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toHaveAttribute('aria-disabled', 'true')
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: 'Ada Byron' }).click()
  for (const name of ['Edit details', 'Change groups', 'Change workstreams', 'Disable', 'Delete']) {
    await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-disabled', 'true')
  }
  // What they may do, and where it comes from.
  await page.getByRole('button', { name: 'View: Access control / Users: yes' }).click()
  await expect(page.getByRole('dialog')).toContainText('Role Technical Role, by group Technical Group')
  await page.goto(users(server, mine, '/new'))
  await expect(page.getByRole('button', { name: 'Add user' })).toBeDisabled()
})

test('the operator is not to delete themself', async ({ operator, server }) => {
  await operator.goto(`${server.url}/a/${PLATFORM_ACCOUNT}/e/-/access-control/users`)
  const { user: me } = await server.api<{ user: { firstName: string; lastName: string; email: string } }>(
    'GET',
    '/api/users/me/access',
  )
  expect(me.email).toBe(OPERATOR.email)
  await operator.getByRole('link', { name: `${me.firstName} ${me.lastName}` }).click()
  await expect(operator.getByRole('button', { name: 'Delete', exact: true })).toHaveAccessibleDescription(
    /can’t delete yourself/,
  )
})

test('a person of two accounts chooses one at sign-in, and goes over to the other in the header', async ({
  server,
  browser,
}) => {
  const email = `${fresh('joan').replace(' ', '-')}@people.example`
  const [first, second] = [await tenant(server), await tenant(server)]
  for (const one of [first, second]) await user(server, one, [], ['Joan', 'Clarke'], email)
  const context = await browser.newContext()
  const joan = await context.newPage()
  await joan.goto(`${server.url}/sign-in`)
  await joan.getByLabel('E-mail address').fill(email)
  await joan.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await joan.getByRole('button', { name: 'Sign in' }).click()
  await expect(joan.getByText('You belong to several accounts.')).toBeVisible()
  await accessible(joan)
  await joan.getByRole('button', { name: second.name }).click()
  const place = joan.getByRole('navigation', { name: 'Where you are' })
  const account = place.getByRole('combobox', { name: 'Account' })
  await expect(account).toHaveValue(second.name)
  await account.click()
  await joan.getByRole('option', { name: first.name }).click()
  await expect(account).toHaveValue(first.name)
  await expect(joan).toHaveURL(new RegExp(first.accountId))
  await context.close()
})
