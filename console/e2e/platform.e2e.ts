// What operators watch: audit logs, sent mail, failed steps, jobs, health; and what is shown when the server does not answer well.
import { createServer, request } from 'node:http'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { expect, go, signIn, test } from './fixtures'
import { OPERATOR, Server, until } from './server'
import { PASSWORD, accepted, fresh, tenant } from './world'

test('the audit log is filtered, shown, verified and exported', async ({ operator, server }) => {
  const name = fresh('Audited')
  const service = await server.api<{ id: string }>('POST', '/api/services', { name })
  await server.api('PUT', `/api/services/${service.id}`, { name: `${name} anew` })
  await go(operator, 'platform/audit?action=enterprise_edit')
  const row = operator.getByRole('row').filter({ hasText: name })
  await row.getByRole('button', { name: 'Enterprise edit', exact: true }).click()
  const shown = operator.getByRole('dialog', { name: 'Audit entry' })
  await expect(shown).toContainText(OPERATOR.email)
  const fields = shown.getByRole('table', { name: 'Changed fields' }).getByRole('row')
  await expect(fields.nth(1)).toHaveText(`name${name}${name} anew`)
  await operator.keyboard.press('Escape')

  await go(operator, 'platform/audit?action=enterprise_create')
  const rows = operator.getByRole('region', { name: 'Table of entries' }).getByRole('row')
  await expect(rows.nth(1)).toContainText('Enterprise create')
  await rows.nth(1).getByRole('button', { name: 'Enterprise create', exact: true }).click()
  await expect(operator.getByRole('dialog', { name: 'Audit entry' })).toContainText(OPERATOR.email)
  await operator.keyboard.press('Escape')

  await operator.getByRole('button', { name: 'Verify the chain' }).click()
  await expect(operator.getByRole('dialog')).toContainText('The chain is whole')
  await operator.keyboard.press('Escape')

  await operator.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    operator.waitForEvent('download'),
    operator.getByRole('menuitem', { name: 'As JSON lines' }).click(),
  ])
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n')
  const entries = lines.map((line) => JSON.parse(line) as { action: string })
  expect(entries.length).toBeGreaterThan(0)
  expect(new Set(entries.map((entry) => entry.action))).toEqual(new Set(['enterprise_create']))
})

test('sent mail shows what was sent to whom', async ({ operator, acme }) => {
  await go(operator, 'platform/sent-mail')
  await operator.getByRole('textbox', { name: 'To' }).fill(acme.email)
  // The heading and the one mail to this address: others are still on the list until it is narrowed.
  await expect(operator.getByRole('row')).toHaveCount(2)
  await operator.getByRole('button', { name: 'Your invitation' }).click()
  const mail = operator.getByRole('dialog')
  await expect(mail).toContainText('/accept-invitation#token=')
  await mail.getByRole('button', { name: 'Copy the link in the mail' }).click()
  expect(await operator.evaluate(() => navigator.clipboard.readText())).toContain('/accept-invitation#token=')
})

test('the platform says how it is', async ({ operator, acme }) => {
  expect(acme.accountId).toBeTruthy()
  await go(operator, 'platform/health')
  await expect(operator.getByText('Ready', { exact: true })).toBeVisible()
  await expect(operator.getByRole('region', { name: 'Table of workers' })).toContainText('cognito-provisioner')
})

test('a failed step is read, and its step tried again until it works', async ({ page }) => {
  const server = await Server.begin({ FREEHOLD_FAULTS: 'VerifyProvisioning:permanent' })
  try {
    const { accountId, name } = await tenant(server, { wait: false })
    await until(
      20_000,
      'the onboarding to fail',
      async () => (await server.api('GET', `/api/accounts/${accountId}`)).status === 'failed',
    )
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    await go(page, 'platform/failed-steps')
    const row = page.getByRole('row').filter({ hasText: name })
    await expect(row).toContainText('VerifyProvisioning')
    await row.getByRole('button', { name: /^Actions for/ }).click()
    await page.getByRole('menuitem', { name: 'Show' }).click()
    await expect(page.getByRole('dialog', { name: 'Failed step' })).toContainText('provisioning-verifier')
    await page.getByRole('dialog').getByRole('button', { name: 'Retry the step' }).click()
    await until(
      20_000,
      'the onboarding to succeed',
      async () => (await server.api('GET', `/api/accounts/${accountId}`)).status === 'active',
    )
    await go(page, 'platform/failed-steps')
    await expect(page.getByText('No failed steps yet')).toBeVisible()
  } finally {
    await server.end()
  }
})

test('a tenant’s user sees their own menus, and a page that is not theirs says whose right is missing', async ({
  page,
  server,
}) => {
  const made = await tenant(server)
  await accepted(server, made.email)
  await signIn(page, server.url, made.email, PASSWORD)
  const menus = page.getByRole('navigation', { name: 'Menus' })
  await expect(menus.getByRole('link', { name: 'Users' })).toBeVisible()
  await expect(menus.getByRole('link', { name: 'Sent mail' })).toBeHidden()
  await expect(page.getByRole('combobox', { name: 'Account' })).toBeHidden()
  await go(page, 'account-settings/licenses')
  const add = page.getByRole('button', { name: 'Add license' })
  await expect(add).toHaveAttribute('aria-disabled', 'true')
  await add.focus()
  await expect(page.getByRole('tooltip')).toContainText('Only operators of the platform can do this')
  await page.goto(`${server.url}/platform/sent-mail`)
  await expect(page.getByRole('heading', { name: 'There is no such page' })).toBeVisible()
})

test('too many requests are said to be, with the time to wait', async ({ page }) => {
  const server = await Server.begin({ FREEHOLD_USER_REQUESTS_PER_MINUTE: '30' })
  try {
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    await go(page, 'account-settings/services/new')
    await page.getByLabel('Name').fill('Kept')
    const token = await server.signIn(OPERATOR.email, OPERATOR.password)
    await until(20_000, 'the limit', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () =>
          fetch(`${server.url}/api/services`, { headers: { authorization: `Bearer ${token}` } }),
        ),
      )
      return answers.some((answer) => answer.status === 429)
    })
    await page.getByRole('button', { name: 'Create service' }).click()
    await expect(page.getByRole('main').getByRole('alert')).toContainText(/Try again in \d+ s/)
    await expect(page.getByLabel('Name')).toHaveValue('Kept')
  } finally {
    await server.end()
  }
})

test('a server that is gone, or something in between that fails, loses nothing', async ({ page, server }) => {
  // The proxy between browsers and servers: it passes requests on, answers in the server's stead, or is slow.
  let mood: 'well' | 'broken' | 'slow' = 'well'
  const proxy = createServer((incoming, answer) => {
    if (mood === 'broken' && incoming.method !== 'GET') {
      answer.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Internal error</h1>')
      return
    }
    const pass = () => {
      const { hostname, port } = new URL(server.url)
      const onward = request(
        { hostname, port, path: incoming.url, method: incoming.method, headers: incoming.headers },
        (from) => {
          answer.writeHead(from.statusCode ?? 502, from.headers)
          from.pipe(answer)
        },
      )
      onward.on('error', () => answer.destroy())
      incoming.pipe(onward)
    }
    if (mood === 'slow') setTimeout(pass, 1_500)
    else pass()
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  try {
    await signIn(page, url, OPERATOR.email, OPERATOR.password)
    await go(page, 'account-settings/services/new')
    const name = fresh('Stubborn')
    await page.getByLabel('Name').fill(name)
    const create = page.getByRole('button', { name: 'Create service' })

    mood = 'broken'
    await create.click()
    await expect(page.getByRole('alert')).toContainText('The server answered 500')
    await expect(page.getByLabel('Name')).toHaveValue(name)

    proxy.closeAllConnections()
    mood = 'well'
    await page.context().setOffline(true)
    await create.click()
    await expect(page.getByRole('alert')).toContainText('The server can’t be reached')
    await expect(page.getByLabel('Name')).toHaveValue(name)
    await page.context().setOffline(false)

    mood = 'slow'
    await create.click()
    // While it is on its way it can't be sent twice.
    await expect(create).toBeDisabled()
    await expect(page.getByText(`Service ${name} is created`)).toBeVisible()
    const { items } = await server.api<{ items: unknown[] }>('GET', `/api/services?name=${encodeURIComponent(name)}`)
    expect(items).toHaveLength(1)
  } finally {
    proxy.closeAllConnections()
    proxy.close()
  }
})
