// Every address of the console, built here and nowhere else.

/** Where one is: an account and an enterprise of it. `-` is an account that has no enterprise yet. Without an account: the platform. */
export type Place = { accountId: string; enterpriseId: string }

export const NO_ENTERPRISE = '-'

/** Operators' pages on the whole platform belong to no account. */
export const PLATFORM: Place = { accountId: '', enterpriseId: NO_ENTERPRISE }

export const signInPath = '/sign-in'
export const forgotPasswordPath = '/forgot-password'
export const resetPasswordPath = '/reset-password'
export const acceptInvitationPath = '/accept-invitation'
export const confirmEmailPath = '/confirm-email'

/** The address of a page: an absolute one stays as it is. Pages that the platform has too are there without their menu's name. */
export function placePath(place: Place, page: string = pages.dashboard): string {
  if (page.startsWith('/')) return page
  if (place.accountId) return `/a/${place.accountId}/e/${place.enterpriseId}/${page}`
  return page === pages.dashboard ? pages.accounts : `/platform/${page.slice(page.indexOf('/') + 1)}`
}

/** A page of an account that one need not be in. Its address is completed by the account's first enterprise. */
function pageOf(accountId: string, page: string): string {
  return `/a/${accountId}/e/${NO_ENTERPRISE}/${page}`
}

/** All pages: those of the platform and of any account by their whole addresses, others by their addresses below a place. */
export const pages = {
  accounts: '/platform/accounts',
  newAccount: '/platform/accounts/new',
  quickStart: '/platform/quick-start',
  runs: '/platform/runs',
  run: (executionId: string) => `/platform/runs/${executionId}`,
  failedSteps: '/platform/failed-steps',
  sentMail: '/platform/sent-mail',
  platformAudit: '/platform/audit',
  jobs: '/platform/jobs',
  health: '/platform/health',
  platformEnterprises: '/platform/enterprises',
  platformProducts: '/platform/products',
  platformServices: '/platform/services',
  overviewOf: (accountId: string) => pageOf(accountId, 'dashboard'),
  account: (accountId: string) => pageOf(accountId, 'account-settings/account'),
  provisioning: (accountId: string) => pageOf(accountId, 'account-settings/account/provisioning'),
  receipt: (accountId: string) => pageOf(accountId, 'account-settings/account/receipt'),
  dashboard: 'dashboard',
  audit: 'overview/audit',
  ownAccount: 'account-settings/account',
  enterprises: 'account-settings/enterprises',
  newEnterprise: 'account-settings/enterprises/new',
  enterprise: (id: string) => `account-settings/enterprises/${id}`,
  products: 'account-settings/products',
  newProduct: 'account-settings/products/new',
  product: (id: string) => `account-settings/products/${id}`,
  services: 'account-settings/services',
  newService: 'account-settings/services/new',
  service: (id: string) => `account-settings/services/${id}`,
  licenses: 'account-settings/licenses',
  newLicense: 'account-settings/licenses/new',
  license: (id: string) => `account-settings/licenses/${id}`,
  workstreams: 'account-settings/workstreams',
  newWorkstream: 'account-settings/workstreams/new',
  workstream: (id: string) => `account-settings/workstreams/${id}`,
  users: 'access-control/users',
  newUser: 'access-control/users/new',
  user: (id: string) => `access-control/users/${id}`,
  groups: 'access-control/groups',
  newGroup: 'access-control/groups/new',
  group: (id: string) => `access-control/groups/${id}`,
  roles: 'access-control/roles',
  newRole: 'access-control/roles/new',
  compareRoles: 'access-control/roles/compare',
  role: (id: string) => `access-control/roles/${id}`,
  profile: 'security/profile',
  password: 'security/password',
  sessions: 'security/sessions',
} as const
