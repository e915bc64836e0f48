// Every address of the console, built here and nowhere else.

/** Where one is: an account and an enterprise of it. `-` is an account that has no enterprise yet. */
export type Place = { accountId: string; enterpriseId: string }

export const NO_ENTERPRISE = '-'

export const signInPath = '/sign-in'
export const forgotPasswordPath = '/forgot-password'
export const resetPasswordPath = '/reset-password'
export const acceptInvitationPath = '/accept-invitation'
export const confirmEmailPath = '/confirm-email'

export function placePath(place: Place, page = 'dashboard'): string {
  return `/a/${place.accountId}/e/${place.enterpriseId}/${page}`
}

/** The pages of a place, by their addresses below it. */
export const pages = {
  dashboard: 'dashboard',
  overviewAccounts: 'overview/accounts',
  runs: 'overview/provisioning',
  run: (executionId: string) => `overview/provisioning/${executionId}`,
  deadLetters: 'overview/dead-letters',
  audit: 'overview/audit',
  outbox: 'overview/outbox',
  platform: 'overview/platform',
  accounts: 'account-settings/accounts',
  newAccount: 'account-settings/accounts/new',
  account: (id: string) => `account-settings/accounts/${id}`,
  provisioning: (id: string) => `account-settings/accounts/${id}/provisioning`,
  receipt: (id: string) => `account-settings/accounts/${id}/receipt`,
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
  role: (id: string) => `access-control/roles/${id}`,
  profile: 'security/profile',
  password: 'security/password',
  sessions: 'security/sessions',
} as const
