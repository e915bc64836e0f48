// The menus of the product and their pages, in the order in which they are drawn.
import { Building2, LayoutDashboard, type LucideIcon, Settings2, ShieldCheck, Users } from 'lucide-react'
import type { components } from '../api/schema.gen'
import { pages } from '../paths'

type Permissions = components['schemas']['Permissions']
type MenuId = components['schemas']['Menu']

export type PageEntry = {
  label: string
  page: string
  /** The tab of the documents that it stands under; none for what is everybody's own. */
  tab?: string
  /** For operators of the platform alone. */
  operators?: true
}

export type MenuEntry = { menu: MenuId; label: string; icon: LucideIcon; pages: PageEntry[] }

/** Pipelines and builds have rights already, and join once they have pages. */
const MENUS: MenuEntry[] = [
  {
    menu: 'dashboard',
    label: 'Dashboard',
    icon: LayoutDashboard,
    pages: [{ label: 'Summary', page: pages.dashboard, tab: 'summary' }],
  },
  {
    menu: 'overview',
    label: 'Overview',
    icon: Building2,
    pages: [
      { label: 'All accounts', page: pages.overviewAccounts, tab: 'accounts', operators: true },
      { label: 'Provisioning runs', page: pages.runs, tab: 'provisioning', operators: true },
      { label: 'Dead letters', page: pages.deadLetters, tab: 'provisioning', operators: true },
      { label: 'Audit log', page: pages.audit, tab: 'audit' },
      { label: 'Outbox', page: pages.outbox, tab: 'provisioning', operators: true },
      { label: 'Platform health', page: pages.platform, tab: 'provisioning', operators: true },
    ],
  },
  {
    menu: 'account-settings',
    label: 'Account settings',
    icon: Settings2,
    pages: [
      { label: 'Accounts', page: pages.accounts, tab: 'account' },
      { label: 'Enterprises', page: pages.enterprises, tab: 'enterprises' },
      { label: 'Products', page: pages.products, tab: 'enterprises' },
      { label: 'Services', page: pages.services, tab: 'enterprises' },
      { label: 'Licenses', page: pages.licenses, tab: 'licenses' },
      { label: 'Workstreams', page: pages.workstreams, tab: 'workstreams' },
    ],
  },
  {
    menu: 'access-control',
    label: 'Access control',
    icon: Users,
    pages: [
      { label: 'Users', page: pages.users, tab: 'users' },
      { label: 'Groups', page: pages.groups, tab: 'groups' },
      { label: 'Roles', page: pages.roles, tab: 'roles' },
    ],
  },
  {
    menu: 'security',
    label: 'Security',
    icon: ShieldCheck,
    pages: [
      { label: 'Profile', page: pages.profile },
      { label: 'Password', page: pages.password },
      { label: 'Sessions', page: pages.sessions },
    ],
  },
]

/** The menus that somebody sees. What is their own is always among them. */
export function menusFor(permissions: Permissions | undefined, operator: boolean): MenuEntry[] {
  return MENUS.map((entry) => {
    const held = permissions?.menus.find((one) => one.menu === entry.menu)
    const shows = (page: PageEntry) => {
      if (!page.tab) return true
      if (page.operators && !operator) return false
      const tab = held?.tabs?.find((one) => one.tab === page.tab)
      return held?.isVisible === true && tab?.isVisible === true && tab.canView
    }
    return { ...entry, pages: entry.pages.filter(shows) }
  }).filter((entry) => entry.pages.length > 0)
}
