// The menus of the console and their pages, in the order in which they are drawn.
import { Building2, LayoutDashboard, type LucideIcon, ShieldCheck, Users } from 'lucide-react'
import type { components } from '../api/schema.gen'
import { pages } from '../paths'

type Permissions = components['schemas']['Permissions']
/** The tab of the documents whose right a page needs, as `menu/tab`. */
type Tab = `${components['schemas']['Menu']}/${string}`

export type PageEntry = {
  label: string
  page: string
  /** None for what is everybody's own. */
  tab?: Tab
  /** Operators find the page among those of the platform. */
  tenants?: true
}

export type MenuEntry = {
  menu: string
  label: string
  icon: LucideIcon
  /** Whether its pages are of the platform as a whole, of the account that one is in, or one's own. */
  of: 'platform' | 'account' | 'own'
  pages: PageEntry[]
}

const MENUS: MenuEntry[] = [
  {
    menu: 'platform',
    label: 'Platform',
    icon: Building2,
    of: 'platform',
    pages: [
      { label: 'Accounts', page: pages.accounts, tab: 'overview/accounts' },
      { label: 'Enterprises', page: pages.platformEnterprises, tab: 'account-settings/enterprises' },
      { label: 'Products', page: pages.platformProducts, tab: 'account-settings/enterprises' },
      { label: 'Services', page: pages.platformServices, tab: 'account-settings/enterprises' },
      { label: 'Runs', page: pages.runs, tab: 'overview/provisioning' },
      { label: 'Failed steps', page: pages.failedSteps, tab: 'overview/provisioning' },
      { label: 'Sent mail', page: pages.sentMail, tab: 'overview/provisioning' },
      { label: 'Audit logs', page: pages.platformAudit, tab: 'overview/account-audit' },
      { label: 'Scheduled jobs', page: pages.jobs, tab: 'overview/provisioning' },
      { label: 'Health', page: pages.health, tab: 'overview/provisioning' },
    ],
  },
  {
    menu: 'account',
    label: 'This account',
    icon: LayoutDashboard,
    of: 'account',
    pages: [
      { label: 'Overview', page: pages.dashboard, tab: 'dashboard/summary' },
      { label: 'Account', page: pages.ownAccount, tab: 'account-settings/account' },
      { label: 'Enterprises', page: pages.enterprises, tab: 'account-settings/enterprises', tenants: true },
      { label: 'Products', page: pages.products, tab: 'account-settings/enterprises', tenants: true },
      { label: 'Services', page: pages.services, tab: 'account-settings/enterprises', tenants: true },
      { label: 'Licenses', page: pages.licenses, tab: 'account-settings/licenses' },
      { label: 'Workstreams', page: pages.workstreams, tab: 'account-settings/workstreams' },
      { label: 'Audit log', page: pages.audit, tab: 'overview/audit' },
    ],
  },
  {
    menu: 'access-control',
    label: 'Access control',
    icon: Users,
    of: 'account',
    pages: [
      { label: 'Users', page: pages.users, tab: 'access-control/users' },
      { label: 'Groups', page: pages.groups, tab: 'access-control/groups' },
      { label: 'Roles', page: pages.roles, tab: 'access-control/roles' },
    ],
  },
  {
    menu: 'security',
    label: 'Security',
    icon: ShieldCheck,
    of: 'own',
    pages: [
      { label: 'Profile', page: pages.profile },
      { label: 'Password', page: pages.password },
      { label: 'Sessions', page: pages.sessions },
    ],
  },
]

/** The menus that somebody sees. Those of an account are there while one is in an account; what is one's own always is. */
export function menusFor(permissions: Permissions | undefined, operator: boolean, inAccount: boolean): MenuEntry[] {
  const shows = ({ tab, tenants }: PageEntry) => {
    if (tenants && operator) return false
    if (!tab) return true
    const [menu, name] = tab.split('/')
    const held = permissions?.menus.find((one) => one.menu === menu)
    const own = held?.tabs?.find((one) => one.tab === name)
    return held?.isVisible === true && own?.isVisible === true && own.canView
  }
  return MENUS.filter(({ of }) => (of === 'platform' ? operator : of === 'account' ? inAccount : true))
    .map((entry) => ({ ...entry, pages: entry.pages.filter(shows) }))
    .filter((entry) => entry.pages.length > 0)
}
