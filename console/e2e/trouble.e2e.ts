// What goes wrong in the field: full disks, limits, slow lines, servers that end in the middle of it. Nothing is lost.
import { execFileSync, spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { Page } from '@playwright/test'
import { expect, go, signIn, test } from './fixtures'
import { type By, OPERATOR, Server } from './server'
import { type Tenant, day, fresh, tenant } from './world'

const TYPED = 'Typed before the trouble began.'

/** A form that was filled in, and its button. */
async function halfWay(page: Page, name: string) {
  await go(page, 'account-settings/services/new')
  await page.getByLabel('Name').fill(name)
  await page.getByLabel('Description').fill(TYPED)
  return page.getByRole('button', { name: 'Create service' })
}

async function kept(page: Page, name: string): Promise<void> {
  await expect(page.getByLabel('Name')).toHaveValue(name)
  await expect(page.getByLabel('Description')).toHaveValue(TYPED)
}

async function madeOnce(server: Server, name: string): Promise<void> {
  const { items } = await server.api<{ items: Array<{ description: string }> }>(
    'GET',
    `/api/services?name=${encodeURIComponent(name)}`,
  )
  expect(items).toMatchObject([{ description: TYPED }])
}

const created = (page: Page, name: string) => expect(page.getByText(`Service ${name} is created`)).toBeVisible()

test('a session that ends while a record is edited: signed in again, it is saved as it was typed', async ({
  operator,
  server,
}) => {
  const name = fresh('Edited')
  const { id } = await server.api('POST', '/api/services', { name })
  await go(operator, `account-settings/services/${id}`)
  const description = operator.getByLabel('Description')
  const save = operator.getByRole('button', { name: 'Save', exact: true })
  await description.fill(TYPED)
  await server.endSessions()
  await save.click()
  const dialog = operator.getByRole('dialog', { name: 'Your session has ended' })
  await expect(dialog.getByLabel('Password', { exact: true })).toBeFocused()
  // It is over the page, and there is no way past it.
  await operator.keyboard.press('Escape')
  await expect(dialog).toBeVisible()
  await expect(description).toHaveValue(TYPED)
  await dialog.getByLabel('Password', { exact: true }).fill(OPERATOR.password)
  await operator.keyboard.press('Enter')
  await expect(operator.getByText(`Service ${name} is saved`)).toBeVisible()
  await expect(dialog).toBeHidden()
  await description.fill('And once more.')
  await save.click()
  await expect.poll(async () => (await server.api('GET', `/api/services/${id}`)).description).toBe('And once more.')
})

test('too many attempts to sign in, and too many reloads, are said to be, with the time to wait', async ({ page }) => {
  const server = await Server.begin({
    FREEHOLD_AUTH_REQUESTS_PER_FIVE_MINUTES: '3',
    FREEHOLD_SESSION_REQUESTS_PER_FIVE_MINUTES: '3',
  })
  try {
    // Two requests were for the first sign-in and this one is the third. The renewals of three visits use up their own limit.
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    const alert = page.getByRole('alert')
    const menus = page.getByRole('navigation', { name: 'Menus' })
    for (let visit = 0; visit < 4; visit += 1) {
      await page.reload()
      // A page that is left too soon has not renewed its session.
      await expect(menus.or(alert)).toBeVisible()
    }
    await expect(alert).toContainText('Could not take up your session')
    await expect(alert).toContainText(/Try again in \d+ s/)
    await expect(alert.getByRole('button', { name: 'Try again' })).toBeVisible()

    const other = await page.context().browser()!.newContext()
    const visitor = await other.newPage()
    await visitor.goto(`${server.url}/sign-in`)
    await visitor.getByLabel('E-mail address').fill(OPERATOR.email)
    await visitor.getByLabel('Password', { exact: true }).fill('a guess')
    await visitor.getByRole('button', { name: 'Sign in' }).click()
    await expect(visitor.getByRole('alert')).toContainText(/Try again in \d+ s/)
    await expect(visitor.getByLabel('E-mail address')).toHaveValue(OPERATOR.email)
    await expect(visitor.getByLabel('Password', { exact: true })).toHaveValue('a guess')
    await other.close()
  } finally {
    await server.end()
  }
})

/** A data folder on a disk of its own, of 8 MB. Nobody but the process sees it. */
const onSmallDisk: By = (binary, folder) => [
  'unshare',
  '-Urm',
  'sh',
  '-c',
  'mount -t tmpfs -o size=8m tmpfs "$1" && shift && exec "$@"',
  'sh',
  folder,
  binary,
]
const smallDisks =
  process.platform === 'linux' && spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

/** A file of the store has free pages, and takes commits on a full disk until they are used up. */
async function useUpFreePages(server: Server) {
  let refused = 0
  for (let tries = 0; tries < 400 && refused < 3; tries++) {
    const made = server.api('POST', '/api/services', { name: fresh('Filler') })
    refused = await made.then(
      () => 0,
      () => refused + 1,
    )
  }
  expect(refused).toBe(3)
}

test('a full disk: what failed and what to do, and the same button works once there is room', async ({ page }) => {
  test.skip(!smallDisks, 'this machine does not let a test mount a disk of its own')
  const server = await Server.begin({}, onSmallDisk)
  try {
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    const name = fresh('Roomy')
    const create = await halfWay(page, name)
    const filler = server.inside('filler')
    expect(() => writeFileSync(filler, new Uint8Array(16 << 20))).toThrow('ENOSPC')
    await useUpFreePages(server)
    await create.click()
    const alert = page.getByRole('alert')
    await expect(alert).toContainText('Could not create the service')
    await expect(alert).toContainText('No room is left to write; nothing was changed.')
    await expect(alert).toContainText('Free disk space under the data folder, then try again.')
    await alert.getByRole('button', { name: 'Copy request id' }).click()
    expect(await page.evaluate(() => navigator.clipboard.readText())).toMatch(/^[0-9a-f-]{36}$/)
    await kept(page, name)
    rmSync(filler)
    await create.click()
    await created(page, name)
    await madeOnce(server, name)
  } finally {
    await server.end()
  }
})

/** A process that lives on when its files may not grow, as it would with a disk that fails. */
const unmoved: By = (binary) => ['sh', '-c', 'trap "" XFSZ && exec "$@"', 'sh', binary]

test('a store that fails: the answer has its request’s id, in forms and in dialogs', async ({ page }) => {
  test.skip(process.platform !== 'linux', 'limits of another process are set on Linux alone')
  const server = await Server.begin({}, unmoved)
  const filesMayGrow = (may: boolean) =>
    execFileSync('prlimit', ['--pid', String(server.pid), `--fsize=${may ? 'unlimited' : '4096'}:`])
  try {
    const gone = fresh('Going')
    await server.api('POST', '/api/services', { name: gone })
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    const name = fresh('Sturdy')
    const create = await halfWay(page, name)
    filesMayGrow(false)
    await create.click()
    const alert = page.getByRole('alert')
    await expect(alert).toContainText('The store does not answer now; try again.')
    await expect(alert).toContainText('Try again in 1 s')
    await expect(alert.getByRole('button', { name: 'Copy request id' })).toBeVisible()
    await kept(page, name)
    filesMayGrow(true)
    await create.click()
    await created(page, name)
    await madeOnce(server, name)

    filesMayGrow(false)
    await page.getByRole('button', { name: `Actions for ${gone}` }).click()
    await page.getByRole('menuitem', { name: 'Delete' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Delete service' }).click()
    await expect(dialog.getByRole('alert')).toContainText('Could not delete the service')
    await expect(dialog.getByRole('alert').getByRole('button', { name: 'Copy request id' })).toBeVisible()
    filesMayGrow(true)
    await dialog.getByRole('button', { name: 'Delete service' }).click()
    await expect(page.getByText(`Service ${gone} is deleted`)).toBeVisible()
  } finally {
    await server.end()
  }
})

test('a server that is stopped in mid-form: it is said, the page stays, and after the start it is made once', async ({
  page,
}) => {
  const server = await Server.begin()
  try {
    await signIn(page, server.url, OPERATOR.email, OPERATOR.password)
    const name = fresh('Patient')
    const create = await halfWay(page, name)
    await server.stop('SIGKILL')
    await create.click()
    await expect(page.getByRole('alert')).toContainText('The server can’t be reached')
    await kept(page, name)
    // Neither the mouse over a page that was never fetched nor a key for a layer that was not may take the form away.
    await page.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Workstreams' }).hover()
    await page.keyboard.press('Control+k')
    // Who does not wait for it does not get it later, over what they do then.
    await page.keyboard.press('Escape')
    await expect(page.getByRole('alert')).toContainText('The server can’t be reached')
    await kept(page, name)
    await server.start()
    await create.click()
    await created(page, name)
    await madeOnce(server, name)

    // A page that can't be fetched is said to be, with the menus around it, and is there once the server is.
    const menus = page.getByRole('navigation', { name: 'Menus' })
    await server.stop('SIGKILL')
    await menus.getByRole('link', { name: 'Workstreams' }).click()
    const failed = page.getByRole('alert').filter({ hasText: 'Could not show this page' })
    await expect(failed).toContainText('The server can’t be reached')
    await expect(menus).toBeVisible()
    await server.start()
    await failed.getByRole('button', { name: 'Try again' }).click()
    await expect(page.getByRole('heading', { level: 1, name: 'Workstreams' })).toBeVisible()
  } finally {
    await server.end()
  }
})

test('an answer that is lost on its way: sending it again does not do it twice', async ({ page, server }) => {
  // The proxy before the server breaks off once the server has answered.
  let losing = false
  const sockets = new Set<Socket>()
  const { hostname, port } = new URL(server.url)
  const line = createServer((from) => {
    const to = connect(Number(port), hostname)
    for (const one of [from, to]) {
      sockets.add(one)
      one.on('error', () => undefined).on('close', () => [from, to].forEach((each) => each.destroy()))
    }
    from.on('data', (data) => to.write(data))
    to.on('data', (data) => (losing ? from.destroy() : from.write(data)))
  })
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve))
  try {
    await signIn(page, `http://127.0.0.1:${(line.address() as AddressInfo).port}`, OPERATOR.email, OPERATOR.password)
    const name = fresh('Unheard')
    const create = await halfWay(page, name)
    losing = true
    await create.click()
    await expect(page.getByRole('alert')).toContainText('The server can’t be reached')
    await kept(page, name)
    await madeOnce(server, name)
    losing = false
    await create.click()
    await created(page, name)
    await madeOnce(server, name)
  } finally {
    for (const socket of sockets) socket.destroy()
    line.close()
  }
})

test('a slow line: it is shown that something is on its way, and two clicks are one', async ({ operator, server }) => {
  const cdp = await operator.context().newCDPSession(operator)
  const slowly = (latency: number) =>
    cdp.send('Network.emulateNetworkConditions', {
      offline: false,
      latency,
      downloadThroughput: 400_000,
      uploadThroughput: 400_000,
    })
  await go(operator, 'dashboard')
  await slowly(1_500)
  await operator.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Services', exact: true }).click()
  await expect(operator.getByRole('status', { name: 'Loading' }).first()).toBeVisible()
  await expect(operator.getByRole('region', { name: 'Table of services' })).toBeVisible()
  await slowly(400)
  // What was there stays while it is fetched anew, and is said to be old.
  await operator.getByRole('button', { name: 'Refresh' }).click()
  await expect(operator.getByRole('table')).toHaveAttribute('aria-busy', 'true')
  await expect(operator.getByRole('button', { name: 'Refresh' })).toBeDisabled()
  await expect(operator.getByRole('table')).toHaveAttribute('aria-busy', 'false')

  await slowly(0)
  const name = fresh('Twice')
  const create = await halfWay(operator, name)
  await slowly(400)
  await create.dblclick()
  await operator.getByLabel('Name').press('Enter')
  await expect(create).toBeDisabled()
  await created(operator, name)
  await slowly(0)
  await madeOnce(server, name)
})

test.describe('names that try to be something else', () => {
  const NAMES = [
    `<img src=x onerror="document.title='broken'">`,
    `شركة الاختبار المحدودة`,
    `🚀 Apollo 🏭`,
    'W'.repeat(180),
  ].map((name) => `${name} ${fresh('n')}`)
  let mine: Tenant

  test.beforeAll(async ({ server }) => {
    mine = await tenant(server)
    const { accountId, offer } = mine
    const { enterpriseId, productId, serviceId } = offer
    for (const [place, name] of NAMES.entries()) {
      const email = `${'long'.repeat(12)}-${place}@${fresh('names').replace(' ', '-')}.example`
      await Promise.all([
        server.api('POST', '/api/enterprises', { name, productIds: [productId] }),
        server.api('POST', '/api/groups', { accountId, enterpriseId, name, description: name, roleIds: [] }),
        server.api('POST', '/api/roles', { accountId, enterpriseId, name, description: name, mask: 0x7fff }),
        server.api('POST', '/api/users/provision', {
          ...{ accountId, enterpriseId, productId, serviceId, email },
          ...{ firstName: name, lastName: name, startDate: day(-1), groupIds: [] },
        }),
      ])
    }
  })

  test('are only names, on a phone', async ({ operator, server }) => {
    await operator.setViewportSize({ width: 390, height: 844 })
    const longest = NAMES[3]!
    for (const [list, noun] of [
      ['account-settings/enterprises', 'enterprises'],
      ['access-control/groups', 'groups'],
      ['access-control/roles', 'roles'],
      ['access-control/users', 'users'],
    ] as const) {
      await operator.goto(`${server.url}/a/${mine.accountId}/e/${mine.offer.enterpriseId}/${list}?limit=200`)
      const table = operator.getByRole('region', { name: `Table of ${noun}` })
      const shown = (name: string) => (noun === 'users' ? `${name} ${name}` : name)
      for (const name of NAMES) await expect(table.getByRole('link', { name: shown(name), exact: true })).toBeVisible()
      await fits(operator)
      await operator.getByRole('button', { name: `Actions for ${shown(longest)}` }).click()
      await operator.getByRole('menuitem', { name: 'Delete' }).click()
      await expect(operator.getByRole('dialog')).toContainText(shown(longest))
      await fits(operator)
      await operator.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click()
      for (const name of [NAMES[0]!, longest]) {
        await table.getByRole('link', { name: shown(name), exact: true }).click()
        await expect(operator.getByRole('heading', { level: 1, name: shown(name), exact: true })).toBeVisible()
        await expect(operator).toHaveTitle(`${shown(name)} · Freehold`)
        await fits(operator)
        await operator.goBack()
      }
    }
  })
})

async function fits(page: Page): Promise<void> {
  const overflow = () =>
    page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  await expect.poll(overflow).toBe(0)
  await expect(page.locator('img[src=x]')).toHaveCount(0)
}
