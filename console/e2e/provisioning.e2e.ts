// Onboarding and removing accounts, watched: failures on purpose, lost lines, servers that die, and how fast it is shown.
import { type AddressInfo, type Server as NetServer, type Socket, connect, createServer } from 'node:net'
import type { Locator, Page } from '@playwright/test'
import type { components } from '../src/api/schema.gen'
import { accessible } from './accessible'
import { expect, go, signIn, test as base } from './fixtures'
import { OPERATOR, Server, until } from './server'
import { type Offer, accountOf, active, fresh, offer, tenant } from './world'

type Progress = components['schemas']['Progress']

/** A server of these tests' own, which they stop and start with other faults, and something to license on it. */
type Own = { own: Server; licensed: Offer; operators: Page }

const test = base.extend<{ operators: Page }, Omit<Own, 'operators'>>({
  own: [
    async ({}, use) => {
      const server = await Server.begin()
      await use(server)
      await server.end()
    },
    { scope: 'worker', timeout: 60_000 },
  ],
  licensed: [async ({ own }, use) => use(await offer(own)), { scope: 'worker' }],
  operators: async ({ page, own }, use) => {
    await signIn(page, own.url, OPERATOR.email, OPERATOR.password)
    await use(page)
  },
})

const VERIFY = 'Read everything back as the tenant'
const SIGN_IN = 'Create the sign-ins'

/** Begins anew with these faults; those of before are forgotten. */
async function restart(server: Server, faults = '', signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
  await server.stop(signal)
  await server.start({ FREEHOLD_FAULTS: faults })
}

function follow(page: Page, accountId: string): Promise<void> {
  return go(page, `/a/${accountId}/e/-/account-settings/account/provisioning`)
}

function step(page: Page, title: string): Locator {
  return page.getByRole('list', { name: 'Steps' }).getByRole('listitem', { name: title, exact: true })
}

function progress(server: Server, accountId: string): Promise<Progress> {
  return server.api<Progress>('GET', `/api/provisioning/${accountId}`)
}

async function failed(server: Server, accountId: string): Promise<void> {
  await until(20_000, 'the run to fail', async () => (await progress(server, accountId)).status === 'failed')
}

/** Watches a run from its first step on, which fails until somebody watches: however long the page takes to come. */
async function followAgain(page: Page, server: Server, accountId: string): Promise<void> {
  await failed(server, accountId)
  await follow(page, accountId)
  await page.getByRole('button', { name: 'Retry from the failed step' }).click()
}

/** What the steps have shown since, one after the other: `name status`, with the time of the frame. */
type Shown = { step: string; status: string; at: number }

async function record(page: Page): Promise<void> {
  await page.evaluate(() => {
    const list = document.querySelector('ol[aria-label="Steps"]')
    if (!list) throw new Error('no steps are shown')
    const shown: Shown[] = []
    const last = new Map<string, string>()
    const look = () => {
      const at = Date.now()
      for (const each of document.querySelectorAll<HTMLElement>('[data-step]')) {
        const { step: name = '', status = '' } = each.dataset
        if (last.get(name) !== status) shown.push({ step: name, status, at })
        last.set(name, status)
      }
    }
    look()
    Object.assign(window, { shown })
    // In the frame that paints it: an observer alone would tell of what nobody has seen yet.
    const observer = new MutationObserver(() => requestAnimationFrame(look))
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      attributes: true,
      attributeFilter: ['data-status'],
    })
  })
}

/** What was recorded. It fails if the page was loaded anew since. */
function recorded(page: Page): Promise<Shown[]> {
  return page.evaluate(() => {
    const { shown } = window as unknown as { shown?: Shown[] }
    if (!shown) throw new Error('the page was loaded anew')
    return shown
  })
}

/** No step was ever shown as less than it had been: what is done stays done. */
function onlyForward(shown: Shown[]): void {
  const done = new Set<string>()
  for (const { step: name, status } of shown) {
    expect(done.has(name) && status !== 'succeeded', `${name} was done, and then ${status}`).toBe(false)
    if (status === 'succeeded') done.add(name)
  }
}

/** The wires between a browser and the server: they can be cut. */
class Between {
  private readonly wires = new Set<Socket>()
  private whole = true
  private readonly listener: NetServer
  readonly url: string

  private constructor(listener: NetServer, url: string) {
    this.listener = listener
    this.url = url
  }

  static async open(to: string): Promise<Between> {
    const { hostname, port } = new URL(to)
    const listener = createServer()
    await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve))
    const between = new Between(listener, `http://127.0.0.1:${(listener.address() as AddressInfo).port}`)
    listener.on('connection', (near: Socket) => {
      if (!between.whole) {
        near.destroy()
        return
      }
      const far = connect(Number(port), hostname)
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        between.wires.add(one)
        one.on('error', () => other.destroy())
        one.on('close', () => {
          between.wires.delete(one)
          other.destroy()
        })
        one.pipe(other)
      }
    })
    return between
  }

  cut(): void {
    this.whole = false
    for (const wire of this.wires) wire.destroy()
  }

  mend(): void {
    this.whole = true
  }

  close(): void {
    this.cut()
    this.listener.close()
  }
}

test('a step that fails is shown as it fails, and a redrive finishes the onboarding on the same page', async ({
  operators: page,
  own,
  licensed,
}) => {
  await restart(own, 'ProvisionDynamoDB:permanent,ProvisionCognitoUsers[0]:throttled,VerifyProvisioning:permanent')
  const { accountId, name } = await tenant(own, { offer: licensed, wait: false })
  await followAgain(page, own, accountId)
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Account onboarding: ${name}`)
  await expect(step(page, SIGN_IN)).toContainText('Retrying')
  await expect(step(page, SIGN_IN)).toContainText('It is retried automatically.')
  await expect(page.getByText('Live', { exact: true })).toBeVisible()
  await record(page)

  await expect(step(page, VERIFY)).toContainText('Failed')
  await expect(step(page, VERIFY)).toContainText('Failed on purpose.')
  await expect(step(page, SIGN_IN)).toContainText('2 attempts')
  const outcome = page.getByRole('region', { name: `The onboarding failed at “${VERIFY}”` })
  await expect(outcome).toContainText('Retry goes on from this step')
  await expect(outcome.getByRole('button', { name: 'Roll back' })).toBeEnabled()
  await expect(page.getByText('It goes on by itself')).toBeHidden()
  await expect(page.getByText('Ended', { exact: true })).toBeVisible()
  await accessible(page)

  await restart(own)
  await outcome.getByRole('button', { name: 'Retry from the failed step' }).click()
  await expect(page.getByRole('region', { name: 'The account is active' })).toBeVisible()
  await expect(outcome).toBeHidden()
  await expect(step(page, VERIFY)).toContainText('Succeeded')
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await recorded(page)
  await active(own, accountId)
})

test('an undo says what goes, and leaves nothing', async ({ operators: page, own, licensed }) => {
  await restart(own, 'VerifyProvisioning:permanent,undo.CreateStack:permanent')
  const made = await tenant(own, { offer: licensed, wait: false, cloudType: 'private' })
  const { accountId, name, email } = made
  await failed(own, accountId)
  await follow(page, accountId)
  await page.getByRole('button', { name: 'Roll back' }).click()
  const dialog = page.getByRole('dialog', { name: `Roll back the onboarding of ${name}` })
  await expect(dialog).toContainText('Everything that the onboarding has made')
  await expect(dialog).toContainText('Its audit log and its events')
  const undo = dialog.getByRole('button', { name: 'Roll back the onboarding' })
  await expect(undo).toBeDisabled()
  await dialog.getByRole('textbox', { name: `Type ${name} to confirm` }).fill(name)
  await undo.click()

  const stuck = page.getByRole('region', { name: 'The rollback is stuck at “Create the account’s own table”' })
  await expect(stuck).toContainText('Goes on rolling back where it stopped.')
  await expect(step(page, 'Create the account’s own table')).toContainText('Stuck')
  await expect(page.getByRole('button', { name: 'Roll back' })).toBeHidden()
  await stuck.getByRole('button', { name: 'Retry from the failed step' }).click()

  const outcome = page.getByRole('region', { name: 'The onboarding was rolled back' })
  await expect(outcome).toContainText('Its name is free again')
  await expect(dialog).toBeHidden()
  await expect(page.getByRole('heading', { level: 1 })).toBeFocused()
  await expect(step(page, 'Create the account’s own table')).toContainText('Rolled back')
  // What failed is still told, without a way that is none any more.
  await expect(step(page, VERIFY)).toContainText('Failed on purpose.')
  await expect(step(page, VERIFY)).not.toContainText('Retry')
  await expect(page.getByRole('button', { name: 'Retry from the failed step' })).toBeHidden()

  expect((await own.api('GET', `/api/accounts/${accountId}`)).status).toBe('deleted')
  await nothingLeft(own, accountId)
  const again = await own.api('POST', '/api/accounts', accountOf(name, email, licensed))
  await active(own, again.id as string)
})

test('a server that dies in the middle of a run is waited for, and the run goes on to its end', async ({
  operators: page,
  own,
  licensed,
}) => {
  await restart(own, 'ProvisionDynamoDB:permanent,ProvisionCognitoUsers[0]:throttled')
  const { accountId } = await tenant(own, { offer: licensed, wait: false })
  await followAgain(page, own, accountId)
  await expect(step(page, SIGN_IN)).toContainText('Retrying')
  await record(page)
  await own.stop('SIGKILL')

  await expect(page.getByText('Connection lost, trying again.')).toBeVisible()
  await expect(page.getByText(/^As of /)).toBeVisible()
  // What was so is still there, and nothing is claimed that nobody has heard.
  await expect(step(page, SIGN_IN)).toContainText('Retrying')
  await expect(page.getByRole('region', { name: /The account is|failed/ })).toBeHidden()
  await expect(page.getByRole('alert')).toBeHidden()

  await own.start({ FREEHOLD_FAULTS: '' })
  await expect(page.getByRole('region', { name: 'The account is active' })).toBeVisible()
  await expect(page.getByText('Connection lost')).toBeHidden()
  await expect(page.getByText('Finished', { exact: true })).toBeVisible()
  onlyForward(await recorded(page))
})

test('a line that was lost is taken up, with what happened meanwhile', async ({ page, own, licensed }) => {
  await restart(own, 'ProvisionDynamoDB:permanent,ProvisionCognitoUsers[0]:throttled')
  const between = await Between.open(own.url)
  try {
    await signIn(page, between.url, OPERATOR.email, OPERATOR.password)
    const { accountId } = await tenant(own, { offer: licensed, wait: false })
    await followAgain(page, own, accountId)
    await expect(step(page, SIGN_IN)).toContainText('Retrying')
    await expect(page.getByText('Live', { exact: true })).toBeVisible()
    await record(page)
    between.cut()
    await page.context().setOffline(true)
    await expect(page.getByText('Connection lost, trying again.')).toBeVisible()
    await active(own, accountId)
    await expect(page.getByText(/^As of /)).toBeVisible()
    await expect(step(page, SIGN_IN)).toContainText('Retrying')
    between.mend()
    await page.context().setOffline(false)
    await expect(page.getByRole('region', { name: 'The account is active' })).toBeVisible()
    await expect(page.getByText('Connection lost')).toBeHidden()
    await expect(step(page, VERIFY)).toContainText('Succeeded')
    onlyForward(await recorded(page))
  } finally {
    between.close()
  }
})

test('an account is deleted by typing its name, and a receipt says what went', async ({
  operators: page,
  own,
  licensed,
}) => {
  const { accountId, name } = await tenant(own, { offer: licensed })
  await go(page, `/a/${accountId}/e/-/account-settings/account`)
  await page.getByRole('button', { name: 'Delete' }).click()
  const dialog = page.getByRole('dialog', { name: `Delete account ${name}` })
  await expect(dialog).toContainText('Users, licenses, groups, roles and workstreams')
  await expect(dialog).toContainText('A receipt of what was removed')
  const act = dialog.getByRole('button', { name: 'Delete account' })
  const typed = dialog.getByRole('textbox', { name: `Type ${name} to confirm` })
  await expect(typed).toBeFocused()
  await expect(act).toBeDisabled()
  await typed.fill(name.slice(0, -1))
  await expect(act).toBeDisabled()
  await typed.fill(name.toUpperCase())
  await typed.press('Enter')
  await expect(act).toBeDisabled()
  expect((await own.api('GET', `/api/accounts/${accountId}`)).status).toBe('active')
  await typed.fill(name)
  await act.click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Account removal: ${name}`)
  const outcome = page.getByRole('region', { name: 'The account is removed' })
  await expect(outcome).toBeVisible()
  await expect(step(page, 'Delete the account’s own table')).toContainText('a public account has no table of its own')
  await nothingLeft(own, accountId)
  await outcome.getByRole('link', { name: 'Show the receipt' }).click()

  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Receipt: ${name}`)
  const receipt = await own.api<components['schemas']['Receipt']>('GET', `/api/accounts/${accountId}/receipt`)
  const removed = page.getByRole('region', { name: 'What was removed' })
  await expect(removed.getByRole('row').filter({ hasText: 'Users' }).first()).toContainText('1')
  const all = Object.values(receipt.removed).reduce((sum, many) => sum + many, 0)
  await expect(removed.getByRole('row').last()).toContainText(String(all))
  await expect(page.getByRole('region', { name: 'What was kept' })).toContainText('Audit log')
  await page.getByRole('button', { name: 'Copy account id' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(accountId)
  await page.getByRole('button', { name: 'Copy execution id' }).click()
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(receipt.executionId)
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download as JSON' }).click(),
  ])
  expect(download.suggestedFilename()).toBe(`receipt-${accountId}.json`)
  await accessible(page)
  await page.getByRole('link', { name: 'Show the run' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Account removal')
  await expect(step(page, 'Take the inventory')).toContainText('Succeeded')
})

test('a removal that failed is found among the failed accounts, and a retry goes on', async ({
  operators: page,
  own,
  licensed,
}) => {
  await restart(own, 'RemoveRecords:permanent')
  const { accountId, name } = await tenant(own, { offer: licensed })
  await own.api('DELETE', `/api/accounts/${accountId}?confirm=${encodeURIComponent(name)}`)
  await failed(own, accountId)
  await go(page, 'platform/accounts?status=failed')
  await page.getByRole('link', { name, exact: true }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await follow(page, accountId)
  await expect(page.getByText(/The removal failed/).first()).toBeVisible()
  await page.getByRole('button', { name: 'Retry from the failed step' }).click()
  await expect(page.getByRole('region', { name: 'The account is removed' })).toBeVisible()
  await restart(own)
})

test('a private account’s run makes its table, and says which step it does without', async ({
  operators: page,
  own,
  licensed,
}) => {
  const { accountId } = await tenant(own, { offer: licensed, cloudType: 'private' })
  await follow(page, accountId)
  await expect(step(page, 'Create the account’s own table')).toContainText('Succeeded')
  const skipped = step(page, 'Publish the parameters')
  await expect(skipped).toContainText('Skipped')
  await expect(skipped).toContainText('Left out: the account has a table of its own')
  await expect(page.getByRole('region', { name: 'The account is active' })).toContainText('sent mail')
  // Only what was taken counts.
  await expect(page.getByText('10 of 10 steps')).toBeVisible()
})

test('a step that its run went on without is a failed step: it is retried, or discarded', async ({
  operators: page,
  own,
  licensed,
}) => {
  await restart(own, 'SendCredentialNotifications[0]:permanent*2')
  const tried = await tenant(own, { offer: licensed })
  const left = await tenant(own, { offer: licensed })
  await follow(page, tried.accountId)
  const lacking = page.getByRole('region', { name: 'The account is active, but something is missing' })
  await expect(lacking).toContainText('was not sent')
  await expect(step(page, 'Send the invitations')).toContainText('Incomplete')
  await expect(step(page, 'Send the invitations')).toContainText('You can retry the failed step.')
  await lacking.getByRole('link', { name: 'failed steps' }).click()

  const rows = page.getByRole('region', { name: 'Table of failed steps' }).getByRole('row')
  const letter = (name: string) => rows.filter({ hasText: name })
  await expect(letter(left.name)).toContainText('SendCredentialNotifications[0]')
  await page
    .getByRole('combobox', { name: 'Worker' })
    .or(page.getByRole('textbox', { name: 'Worker' }))
    .first()
    .click()
  await page.getByRole('option', { name: 'ses-notification' }).click()
  await expect(letter(left.name)).toBeVisible()

  await letter(left.name)
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await page.getByRole('menuitem', { name: 'Discard' }).click()
  const dialog = page.getByRole('dialog', { name: /^Discard the failed step/ })
  await expect(dialog).toContainText('can’t be retried any more')
  await dialog.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByText('The failed step is discarded')).toBeVisible()
  await expect(letter(left.name)).toHaveCount(0)
  await expect(letter(tried.name)).toHaveCount(1)

  await letter(tried.name)
    .getByRole('button', { name: /^Actions for/ })
    .click()
  await page.getByRole('menuitem', { name: 'Retry the step' }).click()
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Account onboarding: ${tried.name}`)
  const whole = page.getByRole('region', { name: 'The account is active', exact: true })
  await expect(whole).toContainText('The invitation for the technical user is in the sent mail')
  const { items } = await own.api<{ items: unknown[] }>('GET', `/api/outbox?to=${encodeURIComponent(tried.email)}`)
  expect(items).toHaveLength(1)
  expect((await own.api<{ items: unknown[] }>('GET', '/api/dead-letters?worker=ses-notification')).items).toEqual([])
})

test('two who watch see the same: a redrive by another is followed', async ({ operators: page, own, licensed }) => {
  await restart(own, 'VerifyProvisioning:permanent')
  const { accountId } = await tenant(own, { offer: licensed, wait: false })
  await failed(own, accountId)
  await follow(page, accountId)
  const redrive = page.getByRole('button', { name: 'Retry from the failed step' })
  await expect(redrive).toBeVisible()
  await own.api('POST', '/api/provisioning', { accountId })
  await active(own, accountId)
  // This page has not heard of it yet: the server refuses, and the page says what is so.
  await redrive.click()
  await expect(page.getByRole('region', { name: 'The account is active' })).toBeVisible()
})

/** With a line for each of them, a browser has two left of the six that it gives a server. */
const WATCHED = 4

test('each step is shown as soon as it is done', async ({ operators: first, own, licensed }) => {
  // They fail at their first step until each is watched, and pause at the next until each has its line.
  await restart(own, `ProvisionDynamoDB:permanent*${WATCHED},RegisterSSMParameters:throttled*${WATCHED}`)
  const watched: Array<{ page: Page; accountId: string }> = []
  for (let nth = 0; nth < WATCHED; nth += 1) {
    const { accountId } = await tenant(own, { offer: licensed, wait: false, name: fresh('Watched') })
    await failed(own, accountId)
    const page = nth === 0 ? first : await first.context().newPage()
    await page.goto(first.url())
    await follow(page, accountId)
    await expect(page.getByRole('button', { name: 'Retry from the failed step' })).toBeEnabled()
    await record(page)
    watched.push({ page, accountId })
  }
  for (const { page } of watched) await page.getByRole('button', { name: 'Retry from the failed step' }).click()

  const [redriven, live]: [number[], number[]] = [[], []]
  for (const { page, accountId } of watched) {
    await expect(page.getByRole('region', { name: 'The account is active' })).toBeVisible({ timeout: 20_000 })
    const shown = await recorded(page)
    onlyForward(shown)
    const { steps } = await progress(own, accountId)
    for (const { name, status, kind, finishedAt } of steps) {
      if (status === 'skipped') continue
      const seen = shown.find((one) => one.step === name && one.status === 'succeeded')
      expect(seen, `${name} was seen`).toBeDefined()
      const lag = (seen?.at ?? 0) - Date.parse(finishedAt ?? '')
      // What the first step waits for is the answer to the redrive, and then the line.
      if (name === 'ProvisionDynamoDB') redriven.push(lag)
      else if (kind !== 'pass' && name !== 'CloudType') live.push(lag)
    }
  }
  tell('steps shown over a line that stands', live)
  tell('first steps shown after a redrive', redriven)
})

function tell(what: string, lags: number[]): void {
  const sorted = lags.toSorted((one, other) => one - other)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]
  const told = `${sorted.length} ${what}: p50 ${at(0.5)} ms, p95 ${at(0.95)} ms, at most ${sorted.at(-1)} ms after they were done`
  test.info().annotations.push({ type: 'latency', description: told })
  console.log(told)
}

/** Nothing of an account is left that anybody could list. */
async function nothingLeft(server: Server, accountId: string): Promise<void> {
  const lists = ['users', 'groups', 'roles', 'licenses']
  const left = await Promise.all(
    lists.map(async (list) => server.api<{ items: unknown[] }>('GET', `/api/${list}?accountId=${accountId}`)),
  )
  expect(left.flatMap((one) => one.items)).toEqual([])
  // Its table, or its part of one, is not there to be asked any more.
  await expect(server.api('GET', `/api/workstreams?accountId=${accountId}`)).rejects.toThrow('409')
}
