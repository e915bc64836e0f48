// The command palette: every page, every beginning and every record, by a few letters.
import { Loader, VisuallyHidden } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { Spotlight, type SpotlightActionData, createSpotlight } from '@mantine/spotlight'
import '@mantine/spotlight/styles.layer.css'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { ArrowUp, Plus, Search } from 'lucide-react'
import { useLocation } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { q } from '../api/queries'
import { pages, placePath } from '../paths'
import { foundByKind, foundDetail, foundPath, isQuery, stillMatching } from './found'
import type { MenuEntry } from './menus'
import { usePlace } from './place'
import { type OperationId, useMay } from './rights'

/** The server is asked when nothing was typed for so long. */
const PAUSE_MS = 60
/** The server had not read all records when it answered: it is asked again. */
const AGAIN_MS = 500

const [store, spotlight] = createSpotlight()

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
  const [query, setQuery] = useState('')
  const found = useFound(query)
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
  // Records come after the query was typed: the selection stays where it is, or is the first.
  useEffect(selectOne)
  const above = pathname.split('/').slice(5, -1)

  const groups: PaletteGroup[] = [
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
  const pagesAndActions = groups
    .map(({ group, actions }) => ({ group, actions: actions.filter((one) => has(one.label, query)) }))
    .filter(({ actions }) => actions.length > 0)
  const records = foundByKind(stillMatching(found.items, query)).map(({ group, items }) => ({
    group,
    actions: items.map((one) => ({
      id: one.id,
      label: one.name,
      description: foundDetail(one),
      leftSection: <Search size={16} aria-hidden />,
      onClick: () => void navigate({ to: foundPath(place, one) }),
    })),
  }))
  const shown: PaletteGroup[] = [...pagesAndActions, ...records]
  return (
    <Spotlight.Root
      store={store}
      query={query}
      onQueryChange={setQuery}
      shortcut={null}
      transitionProps={{ onExited: onClose }}
      scrollable
      maxHeight={440}
      overlayProps={{ backgroundOpacity: 0.4, blur: 0 }}
    >
      <Spotlight.Search
        leftSection={<Search size={18} aria-hidden />}
        rightSection={found.isSearching ? <Loader size={16} aria-hidden /> : null}
        placeholder="Find a record, go to a page, or create something"
        aria-label="Search records, pages and actions"
        maxLength={200}
      />
      {shown.length > 0 && (
        <Spotlight.ActionsList>
          {shown.map(({ group, actions }) => (
            <Spotlight.ActionsGroup key={group} label={group}>
              {actions.map(({ id, ...action }) => (
                <Spotlight.Action key={id} highlightQuery {...action} />
              ))}
            </Spotlight.ActionsGroup>
          ))}
        </Spotlight.ActionsList>
      )}
      {shown.length === 0 && (
        <Spotlight.Empty>{found.isSearching ? 'Searching …' : nothing(found.failed)}</Spotlight.Empty>
      )}
      <VisuallyHidden component="output">{found.isSearching ? '' : counted(query, shown)}</VisuallyHidden>
    </Spotlight.Root>
  )
}

/** Keeps an action selected, and the store's number of it right, when the list has changed. */
function selectOne() {
  const { listId, selected } = store.getState()
  const list = document.getElementById(listId)
  const actions = [...(list?.querySelectorAll('[data-action]') ?? [])]
  if (actions.length === 0) return
  const now = actions.findIndex((action) => action.hasAttribute('data-selected'))
  if (now < 0) actions[0]?.setAttribute('data-selected', 'true')
  if (Math.max(now, 0) !== selected) store.updateState((state) => ({ ...state, selected: Math.max(now, 0) }))
}

type PaletteGroup = { group: string; actions: SpotlightActionData[] }

/** What the server finds for a query that is typed. */
function useFound(query: string) {
  const [settled] = useDebouncedValue(query.trim(), PAUSE_MS)
  const search = useQuery({
    ...q('/api/search', { query: { q: settled, limit: 20 } }),
    enabled: isQuery(settled),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.complete === false ? AGAIN_MS : false),
  })
  const isSearching = isQuery(query) && (settled !== query.trim() || search.isPlaceholderData || search.isPending)
  const items = isQuery(query) ? (search.data?.items ?? []) : []
  return { items, isSearching: isSearching && !search.isError, failed: search.isError }
}

function has(label: string | undefined, query: string): boolean {
  return label?.toLowerCase().includes(query.trim().toLowerCase()) ?? false
}

function nothing(failed: boolean): string {
  return failed ? 'No page or action matches, and records can’t be searched now' : 'No record, page or action matches'
}

/** For screen readers: the selection moves by the arrow keys, and the list itself is not read out. */
function counted(query: string, shown: PaletteGroup[]): string {
  if (query.trim() === '') return ''
  const counts = shown.map(({ group, actions }) => `${group}: ${actions.length}`)
  return counts.length > 0 ? counts.join(', ') : 'Nothing found'
}
