// The kinds of records that a receipt counts, in words.
import { words } from '../../format'

const KINDS: Record<string, string> = {
  seats: 'Seat counters',
  user: 'Users',
  license: 'Licenses',
  group: 'Groups',
  role: 'Roles',
  workstream: 'Workstreams',
  permissions: 'Permissions of roles',
  grouprole: 'Roles of groups',
  usergroup: 'Memberships of groups',
  userworkstream: 'Workstreams of users',
  home: 'Accounts of users',
}

/** `dedicated/user` → `Users, in the account’s own table` */
export function kindTitle(kind: string): string {
  const [place, rest] = kind.startsWith('dedicated/') ? ['own', kind.slice('dedicated/'.length)] : ['shared', kind]
  const title = KINDS[rest] ?? words(rest)
  return place === 'own' ? `${title}, in the account’s own table` : title
}

/** By number, the most first; what counts alike by name. */
export function kindsOf(removed: Record<string, number>): Array<[string, number]> {
  return Object.entries(removed).toSorted(([a, many], [b, other]) => other - many || a.localeCompare(b))
}
