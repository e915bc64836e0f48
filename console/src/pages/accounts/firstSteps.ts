// The steps of a platform that is new: whether each is done, and whether somebody still wants to see them.
import { useQuery } from '@tanstack/react-query'
import { q } from '../../api/queries'
import { accessQuery, useOperator } from '../../app/rights'
import { isWhole, licensable } from './offers'

const DISMISSED = 'freehold.first-steps'
/** A platform with more accounts than this is not new. */
const FEW = 1

/** Shown again on another browser: nothing depends on it. */
export function isDismissed(userId: string | undefined): boolean {
  try {
    return localStorage.getItem(`${DISMISSED}.${userId}`) !== null
  } catch {
    return false
  }
}

export function dismiss(userId: string): void {
  try {
    localStorage.setItem(`${DISMISSED}.${userId}`, new Date().toISOString())
  } catch {
    // Storage is switched off: they are shown until the platform is not new any more.
  }
}

export type FirstSteps = {
  catalogue: boolean
  /** The first account, once it is asked for. */
  account: { id: string; name: string; status: string } | undefined
  /** Somebody other than the technical user was invited; or has signed in. */
  administrator: 'none' | 'invited' | 'signed-in'
}

/** `undefined`: not known yet, or the platform is not new any more. */
export function useFirstSteps(): FirstSteps | undefined {
  const operator = useOperator()
  const userId = useQuery(accessQuery).data?.user.id
  const enabled = operator && !isDismissed(userId)
  const accounts = useQuery({ ...q('/api/accounts', { query: { limit: 10 } }), enabled }).data?.items
  const enterprises = useQuery({ ...q('/api/enterprises', { query: { limit: 200 } }), enabled }).data?.items
  const onboarded = accounts?.filter((account) => account.provisioning)
  const account = onboarded?.[0]
  const users = useQuery({
    ...q('/api/users', { query: { accountId: account?.id ?? '', limit: 25 } }),
    enabled: enabled && account !== undefined,
    refetchInterval: 10_000,
  }).data?.items
  if (!enabled || !onboarded || !enterprises || onboarded.length > FEW) return undefined
  const others = (users ?? []).filter((user) => !user.technical)
  return {
    catalogue: licensable(enterprises).some(isWhole),
    account,
    administrator: others.some((user) => user.identityStatus === 'confirmed')
      ? 'signed-in'
      : others.length > 0
        ? 'invited'
        : 'none',
  }
}
