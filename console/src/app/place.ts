// The current account and enterprise. They are in the address, so each tab has its own.
import { queryOptions, useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { isMissing } from '../api/problem'
import { q, queries } from '../api/queries'
import { NO_ENTERPRISE, PLATFORM, type Place } from '../paths'
import { accessQuery } from './rights'

/** The place as parameters of the API; without an enterprise for accounts that have none. */
export type Scope = { accountId: string; enterpriseId?: string }

export function usePlace(): Place & { scope: Scope } {
  const { accountId = '', enterpriseId = NO_ENTERPRISE } = useParams({ strict: false }) as Partial<Place>
  return {
    accountId,
    enterpriseId,
    scope: { accountId, ...(enterpriseId === NO_ENTERPRISE ? {} : { enterpriseId }) },
  }
}

export type Named = { id: string; name: string }

/** The enterprises for which an account has licenses. */
export function enterprisesOf(accountId: string) {
  return queryOptions({
    queryKey: ['/api/licenses/licensed-entities', { enterprisesOf: accountId }] as const,
    queryFn: async (): Promise<Named[]> => {
      const access = await queries.ensureQueryData(accessQuery)
      const known = access.accounts.find((one) => one.id === accountId)
      if (known) return known.enterprises
      const entities = await queries.fetchQuery(q('/api/licenses/licensed-entities', { query: { accountId } }))
      const all = await queries.fetchQuery(q('/api/enterprises', { query: { limit: 200 } }))
      const licensed = new Set(entities.licenses.map((one) => one.enterpriseId))
      return all.items.filter((one) => licensed.has(one.id)).map(({ id, name }) => ({ id, name }))
    },
    staleTime: 30_000,
  })
}

/** The current account's name, and whether the place is missing: the account or the enterprise is not there, or not theirs. */
export function usePlaceState(): { accountName: string | undefined; missing: boolean } {
  const { accountId, enterpriseId } = usePlace()
  const access = useQuery(accessQuery).data
  const known = access?.accounts.find((one) => one.id === accountId)
  const listed =
    enterpriseId === NO_ENTERPRISE ||
    enterpriseId === access?.user.enterpriseId ||
    known?.enterprises.some((one) => one.id === enterpriseId)
  // An operator's accounts and enterprises are more than those listed; nobody else's are.
  const operator = access?.operator === true
  const account = useQuery({
    ...q('/api/accounts/{accountId}', { path: { accountId } }),
    enabled: operator && !known && accountId !== '',
  })
  const enterprise = useQuery({
    ...q('/api/enterprises/{enterpriseId}', { path: { enterpriseId } }),
    enabled: operator && !listed,
  })
  return {
    accountName: known?.name ?? account.data?.name,
    missing: operator
      ? isMissing(account.error) || isMissing(enterprise.error)
      : access !== undefined && !(known && listed),
  }
}

const KEPT = 'freehold.place'

/** The enterprise that an account is shown with: the last one that was looked at there, or the first. */
export async function enterpriseFor(accountId: string): Promise<string> {
  try {
    const access = await queries.ensureQueryData(accessQuery)
    if (!access.operator && !access.accounts.some((one) => one.id === accountId)) return NO_ENTERPRISE
    // An account that was just onboarded had none a moment ago.
    const enterprises = await queries.fetchQuery({ ...enterprisesOf(accountId), staleTime: 0 })
    const kept = keptPlace(access.user.id)
    const last = enterprises.find((one) => one.id === kept?.enterpriseId)
    return (last ?? enterprises[0])?.id ?? NO_ENTERPRISE
  } catch {
    // The page that is gone to says what is wrong with the account.
    return NO_ENTERPRISE
  }
}

/** The kept place as far as it is still there: an account may be removed, and an enterprise lose its licenses. */
async function reached({ accountId, enterpriseId }: Place): Promise<Place | undefined> {
  const access = await queries.ensureQueryData(accessQuery)
  if (accountId === '') return access.operator ? PLATFORM : undefined
  if (!access.accounts.some((one) => one.id === accountId)) {
    if (!access.operator) return undefined
    const { status } = await queries.fetchQuery(q('/api/accounts/{accountId}', { path: { accountId } }))
    if (status === 'deleted') return undefined
  }
  const enterprises = await queries.fetchQuery(enterprisesOf(accountId))
  const known = enterprises.some((one) => one.id === enterpriseId)
  return { accountId, enterpriseId: known ? enterpriseId : (enterprises[0]?.id ?? NO_ENTERPRISE) }
}

/** The last place of this user, or the default one: the platform for its operators. */
export async function homePlace(): Promise<Place> {
  const access = await queries.ensureQueryData(accessQuery)
  const own = { accountId: access.defaultAccountId, enterpriseId: access.defaultEnterpriseId }
  const home = access.operator ? PLATFORM : own
  try {
    const kept = keptPlace(access.user.id)
    return (kept && (await reached(kept))) ?? home
  } catch {
    return home
  }
}

function keptPlace(userId: string): Place | null {
  try {
    return JSON.parse(localStorage.getItem(`${KEPT}.${userId}`) ?? 'null') as Place | null
  } catch {
    return null
  }
}

export function keepPlace(userId: string, place: Place): void {
  try {
    localStorage.setItem(`${KEPT}.${userId}`, JSON.stringify(place))
  } catch {
    // Storage is switched off: the next visit starts at the default place.
  }
}
