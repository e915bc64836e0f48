// Signing in and out, and what becomes of a page whose session ends.
import { type Page } from '@playwright/test'
import { expect, go, signIn, test } from './fixtures'
import { INITIAL, OPERATOR, Server, until } from './server'
import { PASSWORD, accepted, fresh, tenant, user } from './world'

const INACTIVE = /is not active|is disabled/
const menus = (page: Page) => page.getByRole('navigation', { name: 'Menus' })

test('a wrong password is refused, and the address stays', async ({ page, server }) => {
  await page.goto(`${server.url}/sign-in`)
  await page.getByLabel('E-mail address').fill(OPERATOR.email)
  await page.getByLabel('Password', { exact: true }).fill('not the one')
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByRole('alert')).toContainText('Could not sign in')
  await expect(page.getByRole('alert')).toContainText('Request id')
  await expect(page.getByLabel('E-mail address')).toHaveValue(OPERATOR.email)
})

test('nothing typed is said at its field', async ({ page, server }) => {
  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page.getByText('E-mail address is needed')).toBeVisible()
  await expect(page.getByText('Password is needed')).toBeVisible()
  await expect(page.getByLabel('E-mail address')).toBeFocused()
})

test('a link leads to its page by way of the sign-in', async ({ page, server }) => {
  const { id } = await server
    .api<{ user: { accountId: string; enterpriseId: string } }>('GET', '/api/users/me/access')
    .then((reach) => ({ id: reach.user }))
  const path = `/a/${id.accountId}/e/${id.enterpriseId}/access-control/users?status=active`
  await page.goto(server.url + path)
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.getByLabel('E-mail address').fill(OPERATOR.email)
  await page.getByLabel('Password', { exact: true }).fill(OPERATOR.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(server.url + path)
})

test('the first sign-in asks for a password of one’s own', async ({ page }) => {
  const server = await Server.untouched()
  try {
    await page.goto(server.url)
    await page.getByLabel('E-mail address').fill(OPERATOR.email)
    await page.getByLabel('Password', { exact: true }).fill(INITIAL)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('New password', { exact: true }).fill('short')
    await page.getByLabel('New password, again').fill('other')
    const set = page.getByRole('button', { name: 'Set password and sign in' })
    await set.click()
    await expect(page.getByText('At least 12 characters')).toBeVisible()
    await expect(page.getByText('The two passwords differ')).toBeVisible()
    // The server's own judgement stands at the field, too.
    await page.getByLabel('New password', { exact: true }).fill('alllowercaseletters')
    await page.getByLabel('New password, again').fill('alllowercaseletters')
    await set.click()
    await expect(page.getByLabel('New password', { exact: true })).toHaveAttribute('aria-invalid', 'true')
    await page.getByLabel('New password', { exact: true }).fill(OPERATOR.password)
    await page.getByLabel('New password, again').fill(OPERATOR.password)
    await set.click()
    await expect(menus(page)).toBeVisible()
  } finally {
    await server.end()
  }
})

test('the first sign-in with the default address asks for a real one', async ({ page }) => {
  const server = await Server.untouched({ FREEHOLD_ADMIN_EMAIL: 'admin@adminplatform.com' })
  try {
    await page.goto(server.url)
    await page.getByLabel('E-mail address').fill('admin@adminplatform.com')
    await page.getByLabel('Password', { exact: true }).fill(INITIAL)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByLabel('New password', { exact: true }).fill(OPERATOR.password)
    await page.getByLabel('New password, again').fill(OPERATOR.password)
    const set = page.getByRole('button', { name: 'Set password and sign in' })
    await set.click()
    await expect(page.getByText('Your e-mail address is needed')).toBeVisible()
    await page.getByLabel('Your e-mail address').fill('admin@adminplatform.com')
    await set.click()
    await expect(page.getByLabel('Your e-mail address')).toHaveAttribute('aria-invalid', 'true')
    await page.getByLabel('Your e-mail address').fill(OPERATOR.email)
    await set.click()
    await expect(menus(page)).toBeVisible()
    expect(await server.signIn(OPERATOR.email, OPERATOR.password)).toBeTruthy()
  } finally {
    await server.end()
  }
})

test('an address is changed by the link from the mail', async ({ page, server, acme }) => {
  const grace = await user(server, acme)
  const email = `new-${grace.email}`
  await signIn(page, server.url, grace.email, PASSWORD)
  await go(page, 'security/profile')
  await page.getByLabel('New e-mail address').fill(email)
  await page.getByLabel('Your password').fill('not mine at all')
  await page.getByRole('button', { name: 'Send the link' }).click()
  await expect(page.getByLabel('Your password')).toHaveAttribute('aria-invalid', 'true')
  await page.getByLabel('Your password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Send the link' }).click()
  await expect(page.getByRole('status')).toContainText(email)
  await page.goto(await mailedLink(server, email, '/confirm-email'))
  await page.getByRole('button', { name: 'Use this address' }).click()
  await expect(page.getByText(`You sign in as ${email} from now on`)).toBeVisible()
  expect(await server.signIn(email, PASSWORD)).toBeTruthy()
})

test('a forgotten password is set anew by the link from the mail', async ({ page, server, acme }) => {
  const grace = await user(server, acme)
  await server.post('/api/auth/forgot-password', { email: grace.email })
  await page.goto(await mailedLink(server, grace.email, '/reset-password'))
  await page.getByLabel('New password', { exact: true }).fill('Silver-Orchard-Window-5')
  await page.getByLabel('New password, again').fill('Silver-Orchard-Window-5')
  await page.getByRole('button', { name: 'Set the password' }).click()
  // Going on before the answer would abort the request.
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await signIn(page, server.url, grace.email, 'Silver-Orchard-Window-5')
})

/** The link to a page of the console in the last mail to an address. */
async function mailedLink(server: Server, to: string, path: string): Promise<string> {
  let link = ''
  await until(10_000, 'the mail', async () => {
    const { items } = await server.api<{ items: Array<{ text: string }> }>(
      'GET',
      `/api/outbox?to=${encodeURIComponent(to)}`,
    )
    const text = items.find((mail) => mail.text.includes(path))?.text ?? ''
    link = text.split(/\s+/).find((word) => word.includes(`${path}#`)) ?? ''
    return link !== ''
  })
  return link
}

test('a forgotten password is set anew by the code from the mail', async ({ page, server, acme }) => {
  const grace = await user(server, acme)
  await page.goto(`${server.url}/sign-in`)
  await page.getByRole('link', { name: 'Forgot your password?' }).click()
  await page.getByLabel('E-mail address').fill(grace.email)
  await page.getByRole('button', { name: 'Send the code' }).click()
  await expect(page.getByRole('heading', { name: 'Set a new password' })).toBeVisible()
  await expect(page.getByLabel('E-mail address')).toHaveValue(grace.email)
  let code = ''
  await until(10_000, 'the code', async () => {
    const { items } = await server.api<{ items: Array<{ kind: string; text: string }> }>(
      'GET',
      `/api/outbox?to=${encodeURIComponent(grace.email)}`,
    )
    code = items.find((mail) => mail.kind === 'password-reset')?.text.match(/\b\d{6}\b/)?.[0] ?? ''
    return code !== ''
  })
  await page.getByLabel('Code from the mail').fill(code === '000000' ? '000001' : '000000')
  await page.getByLabel('New password', { exact: true }).fill('Silver-Orchard-Window-5')
  await page.getByLabel('New password, again').fill('Silver-Orchard-Window-5')
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(page.getByLabel('New password', { exact: true })).toHaveValue('Silver-Orchard-Window-5')
  await expect(page.getByLabel('Code from the mail')).toHaveValue(/00000/)
  await page.getByLabel('Code from the mail').fill(code)
  await page.getByRole('button', { name: 'Set the password' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await signIn(page, server.url, grace.email, 'Silver-Orchard-Window-5')
})

test('a session that ends in mid-form loses nothing', async ({ operator, server }) => {
  await go(operator, 'account-settings/services/new')
  const name = fresh('Half written')
  await operator.getByLabel('Name').fill(name)
  await operator.getByLabel('Description').fill('Typed before the session ended.')
  await server.endSessions()
  await operator.getByRole('button', { name: 'Create service' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Your session has ended' })
  await expect(dialog).toContainText(OPERATOR.email)
  await dialog.getByLabel('Password', { exact: true }).fill('wrong at first')
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  await expect(dialog.getByRole('alert')).toContainText('Could not sign in')
  await dialog.getByLabel('Password', { exact: true }).fill(OPERATOR.password)
  await dialog.getByRole('button', { name: 'Sign in', exact: true }).click()
  // What was sent while the session was over is sent again by itself, once.
  await expect(operator.getByText(`Service ${name} is created`)).toBeVisible()
  const { items } = await server.api<{ items: unknown[] }>('GET', `/api/services?name=${encodeURIComponent(name)}`)
  expect(items).toHaveLength(1)
})

test('somebody whose account is not active hears so, and can sign out', async ({ page }) => {
  const server = await Server.begin({ FREEHOLD_DELETION_GRACE_DAYS: '7' })
  try {
    const mine = await tenant(server)
    const grace = await user(server, mine)
    await signIn(page, server.url, grace.email, PASSWORD)
    const query = new URLSearchParams({ confirm: mine.name })
    await server.api('DELETE', `/api/accounts/${mine.accountId}?${query}`)
    await page.goto(server.url)
    const leave = page.getByRole('button', { name: 'Sign out' })
    await expect(leave.or(page.getByRole('form', { name: 'Sign in' }))).toBeVisible()
    // A server that renews the session of such a person has the page say why it can't be used.
    if (await leave.isVisible()) {
      await expect(page.getByRole('alert')).toContainText(INACTIVE)
      await expect(page.getByRole('alert')).not.toContainText('/api/')
      await leave.click()
    }
    await expect(page).toHaveURL(/sign-in/)
    await page.getByLabel('E-mail address').fill(grace.email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('alert')).toContainText(INACTIVE)
    await expect(page.getByRole('alert')).not.toContainText('/api/')
  } finally {
    await server.end()
  }
})

test('no token can be read by a script', async ({ operator }) => {
  await go(operator, 'dashboard')
  const readable = await operator.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
  )
  expect(readable).not.toMatch(/ey[\w-]+\.[\w-]+\.[\w-]+/)
  expect(readable).not.toContain('refresh')
  const cookies = (await operator.context().cookies()).filter((cookie) => cookie.name.includes('refresh'))
  expect(cookies).toMatchObject([{ httpOnly: true, secure: true, sameSite: 'Strict', path: '/api/auth' }])
})

test('a reload takes the session up, and many tabs share it', async ({ operator }) => {
  await go(operator, 'account-settings/services')
  const others = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const tab = await operator.context().newPage()
      await tab.goto(operator.url())
      return tab
    }),
  )
  await operator.reload()
  for (const tab of [operator, ...others]) await expect(tab.getByRole('heading', { name: 'Services' })).toBeVisible()
})

test('signing out in one tab leaves nothing of the account on screen in the others', async ({ operator }) => {
  await go(operator, 'account-settings/services/new')
  await operator.getByLabel('Name').fill('Being typed')
  const address = operator.url()
  const tab = await operator.context().newPage()
  await tab.goto(address)
  await tab.getByRole('button', { name: 'Your menu' }).click()
  await tab.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(tab.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(operator.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(operator.getByRole('dialog')).toHaveCount(0)
  await expect(operator.getByText(OPERATOR.email)).toHaveCount(0)
  await expect(menus(operator)).toHaveCount(0)
  // Both go on from one sign-in, each where it was.
  await signIn(tab, new URL(address).origin, OPERATOR.email, OPERATOR.password)
  await expect(operator).toHaveURL(address)
  await expect(operator.getByLabel('Name')).toBeVisible()
})

test('an expired session asks in every tab, and a sign-out in one of them clears the others', async ({
  operator,
  server,
}) => {
  await go(operator, 'account-settings/services')
  const tab = await operator.context().newPage()
  await tab.goto(operator.url())
  await expect(tab.getByRole('heading', { name: 'Services' })).toBeVisible()
  await server.endSessions()
  await menus(operator).getByRole('link', { name: 'Products' }).click()
  await expect(operator.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  await tab.getByRole('button', { name: 'Your menu' }).click()
  await tab.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(operator.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await expect(operator.getByRole('dialog')).toHaveCount(0)
})

test('a page never goes on as somebody else', async ({ operator, server }) => {
  const other = await tenant(server)
  await accepted(server, other.email)
  await go(operator, 'account-settings/services/new')
  const tab = await operator.context().newPage()
  await server.endSessions()
  await operator.getByLabel('Name').fill('Being typed')
  await operator.getByRole('button', { name: 'Create service' }).click()
  await expect(operator.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  await signIn(tab, server.url, other.email, PASSWORD)
  const dialog = operator.getByRole('dialog', { name: 'Somebody else signed in' })
  await expect(dialog).toContainText(other.email)
  await dialog.getByRole('button', { name: `Go on as ${other.email}` }).click()
  await expect(operator.getByRole('navigation', { name: 'Where you are' })).toContainText(other.name)
})

test('signing out everywhere ends all sessions', async ({ page, server, browser }) => {
  const other = await tenant(server)
  await accepted(server, other.email)
  const elsewhere = await browser.newPage()
  await signIn(elsewhere, server.url, other.email, PASSWORD)
  await signIn(page, server.url, other.email, PASSWORD)
  await go(page, 'security/sessions')
  await expect(page.getByRole('row')).toHaveCount(3)
  await expect(page.getByText('This session')).toBeVisible()
  await page.getByRole('button', { name: 'Sign out everywhere' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click()
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await menus(elsewhere).getByRole('link', { name: 'Sessions' }).click()
  await expect(elsewhere.getByRole('dialog', { name: 'Your session has ended' })).toBeVisible()
  await elsewhere.close()
})

test('the password is changed, with the present one proven', async ({ page, server, acme }) => {
  const grace = await user(server, acme)
  await signIn(page, server.url, grace.email, PASSWORD)
  await go(page, 'security/password')
  let tries = 0
  page.on('request', (request) => (tries += request.url().endsWith('/change-password') ? 1 : 0))
  await page.getByLabel('Current password').fill('not mine at all')
  await page.getByLabel('New password', { exact: true }).fill('Amber-Valley-Morning-2')
  await page.getByLabel('New password, again').fill('Amber-Valley-Morning-2')
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByLabel('Current password')).toHaveAttribute('aria-invalid', 'true')
  await expect(page.getByText('This is not your present password')).toBeVisible()
  // A mistyped password counts once.
  expect(tries).toBe(1)
  await page.getByLabel('Current password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Change password' }).click()
  await expect(page.getByText('The password is changed')).toBeVisible()
  await expect(page.getByLabel('Current password')).toHaveValue('')
  expect(await server.signIn(grace.email, 'Amber-Valley-Morning-2')).toBeTruthy()
})
