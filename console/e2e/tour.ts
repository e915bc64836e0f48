// A platform with something on every page, and the addresses of all its pages.
import type { Page } from '@playwright/test'
import { expect, signIn } from './fixtures'
import { OPERATOR, Server, until } from './server'
import { type Offer, type Tenant, accountOf, day, tenant, user } from './world'

export type Stop = { name: string; path: string }

export type Tour = {
  server: Server
  /** The account that most is in. */
  halden: Tenant
  /** Pages of somebody who is signed in, by their address in routes.tsx. */
  stops: Record<string, Stop>
}

const ACCOUNTS: Array<[name: string, cloudType: string, seats: number, days: number]> = [
  ['Brightwater Energy', 'private', 250, 365],
  ['Pinecrest Health', 'hybrid', 40, 21],
  ['Oakline Insurance', 'public', 1_200, 730],
  ['Südwind Möbel', 'public', 15, 5],
  ['شركة النور للتجارة', 'public', 60, 300],
  ['Tidewater & Sons', 'private', 90, 180],
  ['Quarry Lane Robotics', 'public', 25, 45],
]

const PEOPLE: Array<[first: string, last: string, inGroup: boolean]> = [
  ['Grace', 'Hopper', true],
  ['Tomás', 'Ó Briain', false],
  ['Ngozi', 'Okafor', true],
  ['Mei-Ling', 'Zhang', false],
  ['Ingrid', 'Sørensen', true],
]

/** Starts a server and fills it. One onboarding has failed, and one account has gone. */
export async function begin(): Promise<Tour> {
  const server = await Server.begin({
    FREEHOLD_FAULTS: 'VerifyProvisioning:permanent,DeploymentTechnicalUser:permanent',
  })
  const offered = await offerOf(server, 'Northwind', 'Studio', 'Deployment')
  const other = await offerOf(server, 'Fjord Media', 'Newsroom', 'Publishing')
  const { id: failed } = await server.api(
    'POST',
    '/api/accounts',
    accountOf('Kestrel Freight', 'ada@kestrel.example', offered),
  )
  await until(20_000, 'the onboarding to fail', async () => {
    const { status } = await server.api('GET', `/api/accounts/${failed}`)
    return status === 'failed'
  })
  const halden = await tenant(server, { name: 'Halden Logistics', offer: offered, seats: 25, endDate: day(120) })
  for (const [name, cloudType, seats, days] of ACCOUNTS) {
    await tenant(server, {
      name,
      cloudType,
      seats,
      offer: name.startsWith('Oak') ? other : offered,
      endDate: day(days),
    })
  }
  const gone = await tenant(server, { name: 'Lantern Books', offer: other })
  await server.api('DELETE', `/api/accounts/${gone.accountId}?confirm=Lantern%20Books`)
  await until(20_000, 'the account to be gone', async () => {
    const { status } = await server.api('GET', `/api/accounts/${gone.accountId}`)
    return status === 'deleted'
  })
  const access = await people(server, halden)
  const { id: workstreamId } = await server.api('POST', '/api/workstreams', {
    accountId: halden.accountId,
    enterpriseId: offered.enterpriseId,
    name: 'Returns portal',
    description: 'What customers send back, and why.',
  })
  const first = async (path: string) => (await server.api<{ items: Array<{ id: string }> }>('GET', path)).items[0]?.id
  const run = await first(`/api/executions?accountId=${failed}`)
  const license = await first(`/api/licenses?accountId=${halden.accountId}`)
  const base = `/a/${halden.accountId}/e/${offered.enterpriseId}`
  const stop = (name: string, path: string): Stop => ({ name, path: `${base}/${path}` })
  const platform = (name: string, path: string): Stop => ({ name, path: `/platform/${path}` })
  const settings = 'account-settings'
  return {
    server,
    halden,
    stops: {
      dashboard: stop('dashboard', 'dashboard'),
      'overview/audit': stop('audit', 'overview/audit'),
      [`${settings}/account`]: stop('account', `${settings}/account`),
      [`${settings}/account/provisioning`]: {
        name: 'provisioning',
        path: `/a/${failed}/e/-/${settings}/account/provisioning`,
      },
      [`${settings}/account/receipt`]: {
        name: 'receipt',
        path: `/a/${gone.accountId}/e/-/${settings}/account/receipt`,
      },
      [`${settings}/enterprises`]: stop('enterprises', `${settings}/enterprises`),
      [`${settings}/enterprises/new`]: stop('new-enterprise', `${settings}/enterprises/new`),
      [`${settings}/enterprises/$id`]: stop('enterprise', `${settings}/enterprises/${offered.enterpriseId}`),
      [`${settings}/products`]: stop('products', `${settings}/products`),
      [`${settings}/products/new`]: stop('new-product', `${settings}/products/new`),
      [`${settings}/products/$id`]: stop('product', `${settings}/products/${offered.productId}`),
      [`${settings}/services`]: stop('services', `${settings}/services`),
      [`${settings}/services/new`]: stop('new-service', `${settings}/services/new`),
      [`${settings}/services/$id`]: stop('service', `${settings}/services/${offered.serviceId}`),
      [`${settings}/licenses`]: stop('licenses', `${settings}/licenses`),
      [`${settings}/licenses/new`]: stop('new-license', `${settings}/licenses/new`),
      [`${settings}/licenses/$id`]: stop('license', `${settings}/licenses/${license}`),
      [`${settings}/workstreams`]: stop('workstreams', `${settings}/workstreams`),
      [`${settings}/workstreams/new`]: stop('new-workstream', `${settings}/workstreams/new`),
      [`${settings}/workstreams/$id`]: stop('workstream', `${settings}/workstreams/${workstreamId}`),
      'access-control/users': stop('users', 'access-control/users'),
      'access-control/users/new': stop('new-user', 'access-control/users/new'),
      'access-control/users/$id': stop('user', `access-control/users/${access.userId}`),
      'access-control/groups': stop('groups', 'access-control/groups'),
      'access-control/groups/new': stop('new-group', 'access-control/groups/new'),
      'access-control/groups/$id': stop('group', `access-control/groups/${access.groupId}`),
      'access-control/roles': stop('roles', 'access-control/roles'),
      'access-control/roles/new': stop('new-role', 'access-control/roles/new'),
      'access-control/roles/compare': stop(
        'compare-roles',
        `access-control/roles/compare?one=${access.roleId}&two=preset:administrator`,
      ),
      'access-control/roles/$id': stop('role', `access-control/roles/${access.roleId}`),
      'security/profile': stop('profile', 'security/profile'),
      'security/password': stop('password', 'security/password'),
      'security/sessions': stop('sessions', 'security/sessions'),
      accounts: platform('accounts', 'accounts'),
      'accounts/new': platform('onboard', 'accounts/new'),
      'quick-start': platform('quick-start', 'quick-start'),
      runs: platform('runs', 'runs'),
      'runs/$executionId': platform('run', `runs/${run}`),
      'failed-steps': platform('failed-steps', 'failed-steps'),
      'sent-mail': platform('sent-mail', 'sent-mail'),
      audit: platform('platform-audit', 'audit'),
      jobs: platform('jobs', 'jobs'),
      health: platform('health', 'health'),
      enterprises: platform('platform-enterprises', 'enterprises'),
      'enterprises/new': platform('platform-new-enterprise', 'enterprises/new'),
      'enterprises/$id': platform('platform-enterprise', `enterprises/${offered.enterpriseId}`),
      products: platform('platform-products', 'products'),
      'products/new': platform('platform-new-product', 'products/new'),
      'products/$id': platform('platform-product', `products/${offered.productId}`),
      services: platform('platform-services', 'services'),
      'services/new': platform('platform-new-service', 'services/new'),
      'services/$id': platform('platform-service', `services/${offered.serviceId}`),
      profile: platform('platform-profile', 'profile'),
      password: platform('platform-password', 'password'),
      sessions: platform('platform-sessions', 'sessions'),
    },
  }
}

async function offerOf(server: Server, enterprise: string, product: string, service: string): Promise<Offer> {
  const { id: serviceId } = await server.api('POST', '/api/services', { name: service })
  const { id: productId } = await server.api('POST', '/api/products', { name: product, serviceIds: [serviceId] })
  const { id: enterpriseId } = await server.api('POST', '/api/enterprises', {
    name: enterprise,
    productIds: [productId],
  })
  return { enterpriseId, productId, serviceId, enterprise, product, service } as Offer
}

/** Two roles, two groups with them, and a handful of users. */
async function people(server: Server, of: Tenant): Promise<{ userId: string; groupId: string; roleId: string }> {
  const { accountId } = of
  const { enterpriseId } = of.offer
  const can = { isVisible: true, canView: true, canCreate: false, canEdit: false, canDelete: false }
  const role = async (name: string, mask: number, permissions: unknown[]) => {
    const { id } = await server.api('POST', '/api/roles', { accountId, enterpriseId, name, mask })
    await server.api('PUT', `/api/roles/${id}/permissions?accountId=${accountId}`, { permissions })
    return id as string
  }
  const roleId = await role('Release manager', 0x7fff, [
    { menu: 'pipelines', ...can, canCreate: true, canEdit: true },
    { menu: 'builds', ...can, canCreate: true },
    {
      menu: 'access-control',
      isVisible: true,
      canView: false,
      canCreate: false,
      canEdit: false,
      canDelete: false,
      tabs: [{ tab: 'users', ...can }],
    },
  ])
  const reader = await role('Reader', 0x7fff, [
    { menu: 'overview', ...can },
    { menu: 'builds', ...can },
  ])
  const group = async (name: string, roleIds: string[]) => {
    const { id } = await server.api('POST', '/api/groups', { accountId, enterpriseId, name, roleIds })
    return id as string
  }
  const groupId = await group('Release crew', [roleId, reader])
  await group('Auditors', [reader])
  let userId = ''
  for (const [first, last, groups] of PEOPLE) {
    const { id } = await user(server, of, groups ? [groupId] : [], [first, last])
    if (groups) userId = id
  }
  return { userId, groupId, roleId }
}

export async function operator(page: Page, tour: Tour): Promise<void> {
  await signIn(page, tour.server.url, OPERATOR.email, OPERATOR.password)
}

/** Goes to a page and waits until it shows what it is about: nothing of it is being fetched any more. */
export async function visit(page: Page, tour: Tour, { path }: Stop): Promise<void> {
  await page.goto(tour.server.url + path)
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
  await expect(page.locator('main .mantine-Skeleton-root, main [aria-busy="true"]')).toHaveCount(0)
}
