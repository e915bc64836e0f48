// The command palette: every page and every beginning, by a few letters.
import { Spotlight, type SpotlightActionGroupData, spotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.layer.css'
import { useNavigate } from '@tanstack/react-router'
import { ArrowUp, Plus, Search } from 'lucide-react'
import { useLocation } from '@tanstack/react-router'
import { useEffect } from 'react'
import { pages, placePath } from '../paths'
import type { MenuEntry } from './menus'
import { usePlace } from './place'
import { type OperationId, useMay } from './rights'

/** `anywhere`: also outside of an account. */
const BEGINNINGS: Array<{ label: string; page: string; operation: OperationId; anywhere?: true }> = [
  { label: 'Onboard an account', page: pages.newAccount, operation: 'accounts_create', anywhere: true },
  { label: 'Add a user', page: pages.newUser, operation: 'users_create' },
  { label: 'Create a group', page: pages.newGroup, operation: 'groups_create' },
  { label: 'Create a role', page: pages.newRole, operation: 'roles_create' },
  { label: 'Add a license', page: pages.newLicense, operation: 'licenses_create' },
  { label: 'Create an enterprise', page: pages.newEnterprise, operation: 'enterprises_create', anywhere: true },
  { label: 'Create a product', page: pages.newProduct, operation: 'products_create', anywhere: true },
  { label: 'Create a service', page: pages.newService, operation: 'services_create', anywhere: true },
  { label: 'Create a workstream', page: pages.newWorkstream, operation: 'workstreams_create' },
]

export default function Palette({ menus, onClose }: { menus: MenuEntry[]; onClose: () => void }) {
  const place = usePlace()
  const navigate = useNavigate()
  const may = useMay()
  const pathname = useLocation({ select: (location) => location.pathname })
  const goTo = (page: string) => () => void navigate({ to: placePath(place, page) })
  // Mounted when it is asked for; gone when it has closed itself, by Escape, a click beside it, or a choice.
  useEffect(() => {
    const before = document.activeElement
    spotlight.open()
    return () => {
      spotlight.close()
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus()
    }
  }, [])
  const above = pathname.split('/').slice(5, -1)

  const groups: SpotlightActionGroupData[] = [
    ...(above.length > 1
      ? [
          {
            group: 'Here',
            actions: [
              {
                id: 'up',
                label: 'Go up',
                leftSection: <ArrowUp size={16} aria-hidden />,
                onClick: goTo(above.join('/')),
              },
            ],
          },
        ]
      : []),
    ...menus.map((menu) => ({
      group: menu.label,
      actions: menu.pages.map((page) => ({
        id: page.page,
        label: page.label,
        leftSection: <menu.icon size={16} aria-hidden />,
        onClick: goTo(page.page),
      })),
    })),
    {
      group: 'Create',
      actions: BEGINNINGS.filter((one) => (one.anywhere || place.accountId) && may(one.operation).allowed).map(
        (one) => ({
          id: one.page,
          label: one.label,
          leftSection: <Plus size={16} aria-hidden />,
          onClick: goTo(one.page),
        }),
      ),
    },
  ]
  return (
    <Spotlight
      actions={groups.filter((group) => group.actions.length > 0)}
      shortcut={null}
      transitionProps={{ onExited: onClose }}
      nothingFound="No page or action has this name"
      highlightQuery
      scrollable
      maxHeight={440}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
      searchProps={{
        leftSection: <Search size={18} aria-hidden />,
        placeholder: 'Go to a page, or create something',
        'aria-label': 'Search pages and actions',
      }}
    />
  )
}
