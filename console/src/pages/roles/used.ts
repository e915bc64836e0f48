// Which rights a tenant has any use for, each with one sentence on what it allows.
import { rights } from '../../api/rights.gen'
import type { Spot, Verb } from '../../app/permissions'

type Sentences = { about: string } & Partial<Record<Exclude<Verb, 'visible'>, string>>

/** By menu and tab. What has no entry is used by no page yet. */
const USED: Record<string, Sentences> = {
  'dashboard/summary': {
    about: 'The account’s overview, and one’s own profile.',
    view: 'Opens the overview of the account.',
  },
  'overview/audit': {
    about: 'Who changed what in the enterprise.',
    view: 'Reads and exports the audit log of the enterprise, and verifies its chain.',
  },
  'overview/account-audit': {
    about: 'Who changed what in the whole account.',
    view: 'Reads the audit log of all enterprises of the account, sign-ins included.',
  },
  'account-settings/account': {
    about: 'The account’s name, address and state.',
    view: 'Reads the account’s details.',
    edit: 'Changes the account’s name, master account and address.',
  },
  'account-settings/enterprises': {
    about: 'The catalogue that licenses are taken from.',
    view: 'Shows the enterprises, products and services that the account has licenses of.',
  },
  'account-settings/licenses': {
    about: 'What the account may use, and for how many users.',
    view: 'Reads licenses, their seats and their end dates.',
  },
  'account-settings/workstreams': {
    about: 'The account’s workstreams and their tools.',
    view: 'Reads workstreams and their tools.',
    create: 'Creates workstreams.',
    edit: 'Changes workstreams and their tools.',
    delete: 'Deletes workstreams.',
  },
  'access-control/users': {
    about: 'The people who work in the account.',
    view: 'Reads users, their groups and their rights.',
    create: 'Adds and invites users. Each takes a seat of a license.',
    edit: 'Changes, enables and disables users, their groups and their invitations.',
    delete: 'Deletes users.',
  },
  'access-control/groups': {
    about: 'Groups give roles to their members.',
    view: 'Reads groups, their members and their roles.',
    create: 'Creates groups.',
    edit: 'Changes groups and the roles that they give.',
    delete: 'Deletes groups.',
  },
  'access-control/roles': {
    about: 'Roles are sets of rights.',
    view: 'Reads roles and what they permit.',
    create: 'Creates roles, with rights that one holds.',
    edit: 'Changes roles and what they permit.',
    delete: 'Deletes roles.',
  },
}

function usedOn({ menu, tab }: Spot): Sentences | undefined {
  return tab === undefined ? undefined : USED[`${menu}/${tab}`]
}

/** Whether a right has a page or an operation that asks a tenant for it. */
export function isUsed(spot: Spot, verb: Verb): boolean {
  const used = usedOn(spot)
  return used !== undefined && (verb === 'visible' || used[verb] !== undefined)
}

/** One sentence on a tab. */
export function aboutTab(spot: Spot): string | undefined {
  return usedOn(spot)?.about
}

/** One sentence on a right. */
export function aboutRight(spot: Spot, verb: Verb): string | undefined {
  if (verb === 'visible') return usedOn(spot) && 'Shows the tab in the menu.'
  return usedOn(spot)?.[verb]
}

/** Every right that an operation asks a tenant for, as `menu/tab:verb`. */
export function askedOfTenants(): Set<string> {
  const asked = Object.values(rights).filter((right) => right.class === 'tenant')
  return new Set(asked.map(({ menu, tab, verb }) => `${menu}/${tab}:${verb}`))
}
