// What an account's state means for what can be done with it.
import type { components } from '../api/schema.gen'

type Account = components['schemas']['Account']
type AccountStatus = components['schemas']['AccountStatus']

/** It changes by itself, so it is looked at again. */
export function isChanging(status: string): boolean {
  return status === 'provisioning' || status === 'deprovisioning'
}

/** Why its facts can't be changed now. */
export function editRefusal(account: Account): string | undefined {
  return account.status === 'active'
    ? undefined
    : `Only an active account can be edited. This one is ${account.status}.`
}

/** No run has ever set it up: it was there with the platform. */
const ROOT_NEVER = 'The platform’s own account can’t be deleted.'

/** Why it can't be deleted now. */
export function deleteRefusal(account: Account): string | undefined {
  if (!account.provisioning) return ROOT_NEVER
  if (account.status === 'deleted') return 'The account is deleted already.'
  if (isChanging(account.status)) return `The account is ${account.status}. Wait until that is done.`
  return account.provisioning?.status === 'running' ? 'A step of its onboarding is being retried.' : undefined
}

export const STATUS_CHOICES: Array<{ value: AccountStatus; label: string }> = [
  { value: 'active', label: 'Active' },
  { value: 'provisioning', label: 'Provisioning' },
  { value: 'failed', label: 'Failed' },
  { value: 'disabled', label: 'Disabled' },
  { value: 'deprovisioning', label: 'Deprovisioning' },
  { value: 'deleted', label: 'Deleted' },
]

export const CLOUD_CHOICES = [
  { value: 'public', label: 'Public', description: 'Shared: data is stored with other accounts’, separated by key.' },
  {
    value: 'private',
    label: 'Private',
    description: 'Dedicated: data has its own table, copies of the directory included.',
  },
  {
    value: 'hybrid',
    label: 'Hybrid',
    description: 'Users and licenses are shared, work data has its own table.',
  },
]
