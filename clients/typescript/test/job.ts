// The main job through the published package: from the first sign-in of the administrator to a user of an active account.
// scripts/clients.py compiles it against the packed package and runs it beside a server.
import assert from 'node:assert/strict'
import { createFreehold, FreeholdError, unwrap, type Schema } from 'freehold-client'

const [baseUrl, email, firstPassword, password] = process.argv.slice(2) as [string, string, string, string]
const tomorrow = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10)
const MOST_WAITING = 60_000

const api = createFreehold({ baseUrl, token: await firstSignIn() })
const licensed = await masterData()
const account = await onboard()
await addUser(account)
await refusals(account)
console.log('typescript: ok')

async function firstSignIn(): Promise<string> {
  const open = createFreehold({ baseUrl })
  const first = await unwrap(open.POST('/api/auth/login', { body: { email, password: firstPassword } }))
  assert('session' in first && first.challenge === 'NEW_PASSWORD_REQUIRED')
  const { challenge, session } = first
  const answer = await unwrap(open.POST('/api/auth/challenge', { body: { challenge, session, newPassword: password } }))
  assert('accessToken' in answer)
  return answer.accessToken
}

async function masterData() {
  const service = await unwrap(api.POST('/api/services', { body: { name: 'Ledger' } }))
  const product = await unwrap(api.POST('/api/products', { body: { name: 'Payments', serviceIds: [service.id] } }))
  const enterprise = await unwrap(api.POST('/api/enterprises', { body: { name: 'Retail', productIds: [product.id] } }))
  return { enterpriseId: enterprise.id, productId: product.id, serviceId: service.id }
}

async function onboard(): Promise<Schema<'Account'>> {
  const request: Schema<'NewAccount'> = {
    name: 'Acme',
    masterAccountName: 'Acme Holding',
    cloudType: 'public',
    address: { line1: '1 Main St', city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' },
    technicalUser: { firstName: 'Ada', lastName: 'Byron', email: 'ada@acme.example', startDate: '2026-01-01' },
    licenses: [{ ...licensed, startDate: '2026-01-01', endDate: '2099-12-31', numberOfUsers: 2 }],
  }
  // The same key: one account, however often the request is repeated.
  const sent = () => api.POST('/api/accounts', { body: request, params: { header: { 'Idempotency-Key': 'onboard-acme' } } })
  const { id } = await unwrap(sent())
  assert.equal((await unwrap(sent())).id, id)

  const params = { path: { accountId: id } }
  for (const begun = Date.now(); Date.now() - begun < MOST_WAITING; ) {
    const account = await unwrap(api.GET('/api/accounts/{accountId}', { params }))
    if (account.status === 'active') return account
    assert.notEqual(account.status, 'failed')
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error('the account did not become active')
}

async function addUser(account: Schema<'Account'>) {
  const grace = await unwrap(
    api.POST('/api/users', {
      body: { accountId: account.id, ...licensed, firstName: 'Grace', lastName: 'Hopper', email: 'grace@acme.example', startDate: tomorrow },
    }),
  )
  const page = await unwrap(api.GET('/api/users', { params: { query: { accountId: account.id, limit: 200 } } }))
  assert.deepEqual(page.items.map((user) => user.email).sort(), ['ada@acme.example', 'grace@acme.example'])

  const params = { path: { userId: grace.id }, query: { accountId: account.id } }
  const read = await api.GET('/api/users/{userId}', { params })
  const ifMatch = read.response.headers.get('etag')
  assert(ifMatch)
  const header = { 'If-Match': ifMatch }
  const changed = await unwrap(
    api.PUT('/api/users/{userId}', { params: { path: params.path, header }, body: { accountId: account.id, lastName: 'Murray' } }),
  )
  assert.equal(changed.lastName, 'Murray')
  const stale = await api.PUT('/api/users/{userId}', { params: { path: params.path, header }, body: { accountId: account.id, lastName: 'X' } })
  assert.equal(stale.error?.code, 'precondition_failed')
}

async function refusals(account: Schema<'Account'>) {
  const more = { accountId: account.id, ...licensed, firstName: 'Jean', lastName: 'Bartik', email: 'jean@acme.example', startDate: tomorrow }
  // The license has two seats.
  await assert.rejects(unwrap(api.POST('/api/users', { body: more })), (error) => {
    assert(error instanceof FreeholdError)
    assert.equal(error.code, 'license_limit_exceeded')
    return error.problem.status === 403
  })
  const { data, error } = await api.POST('/api/users', { body: { ...more, email: 'nobody' } })
  assert.equal(data, undefined)
  assert.equal(error?.code, 'invalid_request')
  assert.equal(error?.errors?.[0]?.pointer, '/email')
  const anonymous = await createFreehold({ baseUrl }).GET('/api/accounts')
  assert.equal(anonymous.error?.code, 'unauthenticated')
}
