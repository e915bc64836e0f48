// The frame around every page: keys, places, schemes, and what the server answers for the console's files.
import type { Page } from '@playwright/test'
import { expect, go, signIn, test } from './fixtures'
import { OPERATOR } from './server'
import { PASSWORD, fresh, tenant, user } from './world'

test('the palette goes to a page by a few letters', async ({ operator }) => {
  await operator.keyboard.press('Control+k')
  await operator.getByPlaceholder('Find a record, go to a page, or create something').fill('failed')
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('heading', { level: 1, name: 'Failed steps' })).toBeVisible()
  await expect(operator.getByPlaceholder('Find a record, go to a page, or create something')).toBeHidden()
  // It can be asked for again, and gives the focus back.
  const button = operator.getByRole('button', { name: 'Your menu' })
  await button.focus()
  await operator.keyboard.press('Control+k')
  await expect(operator.getByPlaceholder('Find a record, go to a page, or create something')).toBeFocused()
  await operator.keyboard.press('Escape')
  await expect(operator.getByPlaceholder('Find a record, go to a page, or create something')).toBeHidden()
  await expect(button).toBeFocused()
})

test('the palette finds a record and opens it where it belongs', async ({ operator, server }) => {
  const acme = await tenant(server, { name: fresh('Palette') })
  const person = await user(server, acme, [], ['Gráce', 'Quagga'])
  await operator.keyboard.press('Control+k')
  const search = operator.getByPlaceholder('Find a record, go to a page, or create something')
  await search.fill('quagga grace')
  await expect(operator.getByRole('button', { name: new RegExp(`Gráce Quagga.*${acme.name}`) })).toBeVisible()
  await expect(operator.locator('output', { hasText: 'Users: 1' })).toBeAttached()
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('heading', { level: 1, name: 'Gráce Quagga' })).toBeVisible()
  expect(operator.url()).toContain(`/a/${acme.accountId}/`)
  await operator.keyboard.press('Control+k')
  await search.fill(person.id.toUpperCase())
  await expect(operator.getByRole('button', { name: /Gráce Quagga/ })).toBeVisible()
  await search.fill('nothing is called so')
  await expect(operator.getByText('No record, page or action matches')).toBeVisible()
})

test('every key that the help lists does what it says', async ({ operator }) => {
  await go(operator, 'account-settings/services')
  await operator.keyboard.press('/')
  await expect(operator.getByRole('textbox', { name: 'Name' })).toBeFocused()
  await operator.getByRole('heading', { level: 1 }).focus()
  await operator.keyboard.press('?')
  const help = operator.getByRole('dialog', { name: 'Keyboard shortcuts' })
  await expect(help).toBeVisible()
  await operator.keyboard.press('Escape')
  await expect(help).toBeHidden()
  await operator.keyboard.press('Control+k')
  await expect(operator.getByPlaceholder('Find a record, go to a page, or create something')).toBeVisible()
  await operator.keyboard.press('Escape')
  await expect(operator.getByPlaceholder('Find a record, go to a page, or create something')).toBeHidden()
})

test('a layer that is closed gives the focus back', async ({ operator }) => {
  const button = operator.getByRole('button', { name: 'Your menu' })
  await button.focus()
  await operator.keyboard.press('Enter')
  await expect(operator.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
  await operator.keyboard.press('Escape')
  await expect(button).toBeFocused()
})

test('the first stop of the keyboard skips the menus', async ({ operator }) => {
  await go(operator, 'account-settings/services')
  await operator.keyboard.press('Tab')
  await expect(operator.getByRole('link', { name: 'Skip to the page' })).toBeFocused()
  await operator.keyboard.press('Enter')
  await expect(operator.locator('#page')).toBeFocused()
})

test('the scheme is kept, and is there before the page is', async ({ operator }) => {
  const html = operator.locator('html')
  await operator.getByRole('button', { name: 'Use the dark scheme' }).click()
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await operator.reload()
  await expect(html).toHaveAttribute('data-mantine-color-scheme', 'dark')
  await expect(operator.getByRole('button', { name: 'Use the light scheme' })).toBeVisible()
})

test('the account is searched, chosen, in the address, and remembered', async ({ operator, server }) => {
  const made = await tenant(server)
  await go(operator, 'account-settings/licenses')
  const account = operator.getByRole('combobox', { name: 'Account' })
  await account.click()
  await account.fill(made.name)
  await operator.getByRole('option', { name: made.name }).click()
  await expect(operator).toHaveURL(
    new RegExp(`/a/${made.accountId}/e/${made.offer.enterpriseId}/account-settings/licenses`),
  )
  // One enterprise is no choice: it is taken, and its name is text.
  await expect(operator.getByRole('navigation', { name: 'Where you are' })).toContainText(made.offer.enterprise)
  await expect(operator.getByRole('region', { name: 'Table of licenses' })).toContainText(made.offer.product)
  await operator.goto(server.url)
  await expect(operator).toHaveURL(new RegExp(`/a/${made.accountId}/e/`))
})

test('a link to an account that is not there changes nothing of where one begins', async ({
  operator,
  server,
  acme,
}) => {
  await operator.goto(`${server.url}/a/${acme.accountId}/e/${acme.offer.enterpriseId}/dashboard`)
  await expect(operator.getByRole('combobox', { name: 'Account' })).toHaveValue(acme.name)
  await operator.goto(`${server.url}/a/${crypto.randomUUID()}/e/${crypto.randomUUID()}/dashboard`)
  await expect(operator.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  await operator.goto(server.url)
  await expect(operator).toHaveURL(`${server.url}/a/${acme.accountId}/e/${acme.offer.enterpriseId}/dashboard`)
  // Remembered by an earlier version, or removed since.
  await operator.evaluate(() => {
    const key = Object.keys(localStorage).find((one) => one.startsWith('freehold.place.')) ?? ''
    localStorage.setItem(key, JSON.stringify({ accountId: crypto.randomUUID(), enterpriseId: 'any' }))
  })
  await operator.goto(server.url)
  await expect(operator).toHaveURL(`${server.url}/platform/accounts`)
})

test('at 1280 pixels nothing that is needed lies outside', async ({ operator }) => {
  await operator.setViewportSize({ width: 1280, height: 800 })
  await go(operator, 'platform/audit')
  const row = operator.getByRole('region', { name: 'Table of entries' }).getByRole('row').nth(1)
  await expect(row.getByRole('button', { name: /^Actions for/ })).toBeInViewport({ ratio: 1 })
  // In a narrow card: the request id is cut, and its button is there.
  await operator.route('**/api/licenses/**', (route) =>
    route.fulfill({
      status: 500,
      headers: { 'x-request-id': crypto.randomUUID() },
      body: 'not one of the API’s answers',
    }),
  )
  await go(operator, 'dashboard')
  await expect(operator.getByRole('alert').first()).toBeVisible()
  for (const failed of await operator.getByRole('alert').all()) {
    const [card, copy] = await Promise.all([
      failed.boundingBox(),
      failed.getByRole('button', { name: 'Copy request id' }).boundingBox(),
    ])
    expect(copy!.x + copy!.width).toBeLessThanOrEqual(card!.x + card!.width)
  }
})

test('the latest changes tell failures from what was done', async ({ page, server }) => {
  const mine = await tenant(server)
  const person = await user(server, mine)
  await expect(server.signIn(person.email, 'not mine at all')).rejects.toThrow('401')
  await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
  await page.goto(`${server.url}/a/${mine.accountId}/e/${mine.offer.enterpriseId}/dashboard`)
  const latest = page.getByRole('region', { name: 'Latest changes' }).getByRole('listitem')
  await expect(latest.filter({ hasText: 'Auth login' }).first()).toHaveText(/^Auth login Failed.* by/)
  await expect(latest.filter({ hasNotText: 'Failed' }).first()).toHaveText(/^[A-Z][a-z ]+ by /)
})

test('a phone gets the menus by a button', async ({ operator }) => {
  await operator.setViewportSize({ width: 390, height: 844 })
  await operator.getByRole('button', { name: 'Open the menu' }).click()
  const menus = operator.getByRole('navigation', { name: 'Menus' })
  await menus.getByRole('link', { name: 'Services', exact: true }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Services' })).toBeVisible()
  const overflow = await operator.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  )
  expect(overflow).toBe(0)
})

test('a place that is not theirs is no page, and its page asks for nothing', async ({ page, server, acme }) => {
  const other = await tenant(server)
  const grace = await user(server, other)
  await signIn(page, server.url, grace.email, PASSWORD)
  const refused = refusals(page)
  for (const [accountId, enterpriseId] of [
    [acme.accountId, acme.offer.enterpriseId],
    [other.accountId, acme.offer.enterpriseId],
    ['nonsense', 'nonsense'],
  ]) {
    await page.goto(`${server.url}/a/${accountId}/e/${enterpriseId}/dashboard`)
    await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
    await expect(page.getByRole('alert')).toHaveCount(0)
  }
  expect(refused).toEqual([])
  await page.getByRole('link', { name: 'Go to the start page' }).click()
  await expect(page).toHaveURL(`${server.url}/a/${other.accountId}/e/${other.offer.enterpriseId}/dashboard`)
})

test('an operator’s mistyped place is no page', async ({ operator, server, acme }) => {
  for (const [accountId, enterpriseId] of [
    ['nonsense', '-'],
    [acme.accountId, 'nonsense'],
    [acme.accountId, crypto.randomUUID()],
  ]) {
    await operator.goto(`${server.url}/a/${accountId}/e/${enterpriseId}/dashboard`)
    await expect(operator.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
  }
})

test('the platform’s own account, which was never onboarded, is not asked for its run', async ({
  operator,
  server,
}) => {
  const refused = refusals(operator)
  const { user: me } = await server.api<{ user: { accountId: string } }>('GET', '/api/users/me/access')
  await go(operator, 'dashboard')
  await expect(operator.getByRole('region', { name: 'State' })).toContainText('Active')
  await go(operator, `/a/${me.accountId}/e/-/account-settings/account/provisioning`)
  await expect(operator.getByText('No run has set this account up')).toBeVisible()
  expect(refused).toEqual([])
})

test('a record that is not there is said to be, by whatever id', async ({ operator, server, acme }) => {
  const place = `${server.url}/a/${acme.accountId}/e/${acme.offer.enterpriseId}`
  for (const [path, noun] of [
    ['access-control/users', 'user'],
    ['access-control/groups', 'group'],
    ['access-control/roles', 'role'],
    ['account-settings/services', 'service'],
    ['account-settings/licenses', 'license'],
  ] as const) {
    for (const id of ['nonsense', crypto.randomUUID()]) {
      await operator.goto(`${place}/${path}/${id}`)
      await expect(operator.getByRole('heading', { name: `There is no such ${noun}` })).toBeVisible()
      await expect(operator.getByRole('button', { name: 'Try again' })).toHaveCount(0)
    }
  }
  for (const id of ['nonsense', crypto.randomUUID()]) {
    await operator.goto(`${server.url}/platform/runs/${id}`)
    await expect(operator.getByRole('heading', { name: 'There is no such run' })).toBeVisible()
    for (const page of ['', '/provisioning', '/receipt']) {
      await operator.goto(`${server.url}/a/${id}/e/-/account-settings/account${page}`)
      await expect(operator.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
    }
  }
})

/** What the server refuses from now on. */
function refusals(page: Page): string[] {
  const refused: string[] = []
  page.on('response', (response) => {
    if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`)
  })
  return refused
}

test('an address that is none is said to be', async ({ operator, server }) => {
  await operator.goto(`${server.url}/nothing/here`)
  await expect(operator.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
})

test('the console’s files are served as they should be', async ({ server }) => {
  const page = await fetch(`${server.url}/a/b/c`, { headers: { accept: 'text/html' } })
  expect(page.status).toBe(200)
  expect(page.headers.get('content-security-policy')).toContain("default-src 'self'")
  expect(page.headers.get('content-security-policy')).not.toContain("script-src 'unsafe")
  expect(page.headers.get('cache-control')).toBe('no-cache')
  const tag = page.headers.get('etag') ?? ''
  expect((await fetch(`${server.url}/`, { headers: { accept: 'text/html', 'if-none-match': tag } })).status).toBe(304)
  const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1]
  const chunk = await fetch(server.url + script)
  expect(chunk.headers.get('cache-control')).toContain('immutable')
  for (const path of ['/assets/gone-0123.js', '/api/nothing']) {
    const gone = await fetch(server.url + path, { headers: { accept: 'text/html' } })
    expect([gone.status, gone.headers.get('content-type')]).toEqual([404, 'application/problem+json'])
  }
})
