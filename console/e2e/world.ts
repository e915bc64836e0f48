// What tests begin from: something to license, accounts, people who have signed in.
import { type Json, type Server, until } from './server'

export type Offer = {
  enterpriseId: string
  productId: string
  serviceId: string
  enterprise: string
  product: string
  service: string
}
export type Tenant = { accountId: string; name: string; email: string; offer: Offer }

export const PASSWORD = 'Copper-Meadow-Signal-9'
let made = 0

/** A name that no other test uses. */
export function fresh(word: string): string {
  made += 1
  return `${word} ${process.pid.toString(36)}${made}`
}

export function day(offset = 0): string {
  return new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10)
}

export async function offer(server: Server): Promise<Offer> {
  const [service, product, enterprise] = [fresh('Deployment'), fresh('Studio'), fresh('Northwind')]
  const { id: serviceId } = await server.api('POST', '/api/services', { name: service })
  const { id: productId } = await server.api('POST', '/api/products', { name: product, serviceIds: [serviceId] })
  const { id: enterpriseId } = await server.api('POST', '/api/enterprises', {
    name: enterprise,
    productIds: [productId],
  })
  return { enterpriseId, productId, serviceId, enterprise, product, service } as Offer
}

export type AccountOptions = {
  name?: string
  cloudType?: string
  seats?: number
  offer?: Offer
  endDate?: string
  wait?: boolean
}

/** An account, onboarded. */
export async function tenant(server: Server, options: AccountOptions = {}): Promise<Tenant> {
  const licensed = options.offer ?? (await offer(server))
  const name = options.name ?? fresh('Acme')
  const email = `ada@${
    name
      .toLowerCase()
      .replaceAll(/[^a-z0-9]+/g, '-')
      .replaceAll(/^-|-$/g, '')
      .slice(0, 40)
      .replaceAll(/-$/g, '') || fresh('tenant').replace(' ', '-')
  }.example`
  const account = await server.api('POST', '/api/accounts', accountOf(name, email, licensed, options))
  const tenantMade = { accountId: account.id as string, name, email, offer: licensed }
  if (options.wait !== false) await active(server, tenantMade.accountId)
  return tenantMade
}

export function accountOf(name: string, email: string, licensed: Offer, options: AccountOptions = {}): Json {
  const { enterpriseId, productId, serviceId } = licensed
  return {
    name,
    masterAccountName: `${name.slice(0, 150)} Holding`,
    cloudType: options.cloudType ?? 'public',
    address: { line1: '1 Main St', city: 'Springfield', state: 'IL', postalCode: '62701', country: 'US' },
    technicalUser: { firstName: 'Ada', lastName: 'Byron', email, startDate: day(-1) },
    licenses: [
      {
        enterpriseId,
        productId,
        serviceId,
        startDate: day(-1),
        endDate: options.endDate ?? day(365),
        numberOfUsers: options.seats ?? 10,
      },
    ],
  }
}

export async function active(server: Server, accountId: string): Promise<void> {
  await until(20_000, 'the account to be active', async () => {
    const { status } = await server.api('GET', `/api/accounts/${accountId}`)
    if (status === 'failed') throw new Error('the onboarding failed')
    return status === 'active'
  })
}

/** The link of the invitation that was sent to somebody. */
export async function invitationLink(server: Server, email: string): Promise<string> {
  let link = ''
  await until(10_000, `an invitation for ${email}`, async () => {
    const { items } = await server.api<{ items: Array<{ text: string; kind: string }> }>(
      'GET',
      `/api/outbox?to=${encodeURIComponent(email)}`,
    )
    link = items.find((mail) => mail.kind === 'invitation')?.text.match(/https?:\S+/)?.[0] ?? ''
    return link !== ''
  })
  return link
}

/** Accepts somebody's invitation, without the console. */
export async function accepted(server: Server, email: string): Promise<void> {
  const token = new URLSearchParams(new URL(await invitationLink(server, email)).hash.slice(1)).get('token')
  await server.post('/api/auth/accept-invitation', { token, newPassword: PASSWORD })
}

/** A user of a tenant's, who can sign in. */
export async function user(
  server: Server,
  of: Tenant,
  groupIds: string[] = [],
  [firstName, lastName]: [string, string] = ['Grace', 'Hopper'],
  email = `${fresh(asciiOf(firstName)).replace(' ', '-')}@people.example`,
): Promise<{ id: string; email: string }> {
  const { enterpriseId, productId, serviceId } = of.offer
  const { id } = await server.api('POST', '/api/users/provision', {
    accountId: of.accountId,
    enterpriseId,
    productId,
    serviceId,
    firstName,
    lastName,
    email,
    startDate: day(-1),
    groupIds,
  })
  await accepted(server, email)
  return { id: id as string, email }
}

function asciiOf(name: string): string {
  return name
    .normalize('NFD')
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
}
