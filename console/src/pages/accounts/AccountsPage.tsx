// The accounts of the platform, as a table or as cards.
import { ActionIcon } from '@mantine/core'
import { LayoutGrid, ListChecks, Plus, Rows3, SquareArrowOutUpRight, Trash2 } from 'lucide-react'
import { Suspense, useState } from 'react'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { later } from '../../code'
import { words } from '../../format'
import { pages, placePath } from '../../paths'
import { CLOUD_CHOICES, deleteRefusal, isChanging, STATUS_CHOICES } from '../../ui/accountState'
import { ActionButton } from '../../ui/ActionButton'
import { type Column, DataTable } from '../../ui/DataTable'
import { ChoiceFilter, TextFilter } from '../../ui/Filters'
import { Page, Waiting } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import type { RowAction } from '../../ui/RowMenu'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { useFirstSteps } from './firstSteps'
import '../../ui/account.css'

const AccountCards = later(() => import('./AccountCards'))
const FirstStepsCard = later(() => import('./FirstStepsCard'))
const DeleteAccount = later(() => import('./DeleteAccount'))

type Account = components['schemas']['Account']
type Filters = { name?: string; status?: Account['status']; cloudType?: Account['cloudType'] }

const COLUMNS: Array<Column<Account>> = [
  {
    header: 'Name',
    cell: (account) => (
      <PlaceLink to={pages.account(account.id)} clip>
        {account.name}
      </PlaceLink>
    ),
  },
  { header: 'Cloud type', cell: (account) => words(account.cloudType) },
  {
    header: 'Status',
    cell: (account) => (
      <>
        <Status of={account.status} /> {account.degraded && <Status of="degraded" />}
      </>
    ),
  },
  { header: 'Master account', cell: (account) => <bdi>{account.masterAccountName}</bdi> },
  { header: 'Created', cell: (account) => <Ago at={account.createdAt} /> },
]

const FILTERS = ['name', 'status', 'cloudType']
const VIEW = 'freehold.accounts'

export default function AccountsPage() {
  const place = usePlace()
  const { search } = useListState()
  const [deleting, setDeleting] = useState<Account>()
  const steps = useFirstSteps()
  const [dismissed, setDismissed] = useState(false)
  const view = search.view ?? keptView()
  const onboard = (
    <ActionButton
      operation="accounts_create"
      to={placePath(place, pages.newAccount)}
      leftSection={<Plus size={16} aria-hidden />}
    >
      Onboard an account
    </ActionButton>
  )
  const filters = (
    <>
      <TextFilter name="name" label="Name" placeholder="Begins with" />
      <ChoiceFilter name="status" label="Status" choices={STATUS_CHOICES} all="All but deleted" />
      <ChoiceFilter name="cloudType" label="Cloud type" choices={CLOUD_CHOICES} />
    </>
  )
  const nothing = {
    text: 'An account is a tenant: a company with its own users, licenses and data. Onboarding one takes a minute.',
    action: onboard,
  }
  return (
    <Page
      title="Accounts"
      intro="Every tenant of the platform."
      actions={
        <>
          <ViewSwitch view={view} />
          {onboard}
        </>
      }
    >
      <Suspense>
        {steps && !dismissed && <FirstStepsCard steps={steps} onDismiss={() => setDismissed(true)} />}
      </Suspense>
      {view === 'cards' ? (
        <Suspense fallback={<Waiting rows={8} />}>
          <AccountCards query={filtersOf(search)} filters={filters} filterKeys={FILTERS} nothing={nothing} />
        </Suspense>
      ) : (
        <DataTable
          noun={['account', 'accounts']}
          path="/api/accounts"
          params={{ query: filtersOf(search) }}
          idOf={(account) => account.id}
          nameOf={(account) => account.name}
          actions={(account) => actionsOn(account, () => setDeleting(account))}
          filterKeys={FILTERS}
          filters={filters}
          columns={COLUMNS}
          nothing={nothing}
          pollEvery={(rows) => (rows.some((account) => isChanging(account.status)) ? 2_000 : false)}
        />
      )}
      <Suspense>{deleting && <DeleteAccount account={deleting} onClose={() => setDeleting(undefined)} />}</Suspense>
    </Page>
  )
}

function actionsOn(account: Account, remove: () => void): RowAction[] {
  return [
    { label: 'Open', icon: <SquareArrowOutUpRight size={14} aria-hidden />, to: pages.account(account.id) },
    {
      label: 'Latest run',
      icon: <ListChecks size={14} aria-hidden />,
      to: pages.provisioning(account.id),
      refused: account.provisioning ? undefined : 'This account is built in. No run has set it up.',
    },
    {
      label: 'Delete',
      icon: <Trash2 size={14} aria-hidden />,
      onClick: remove,
      operation: 'accounts_delete',
      refused: deleteRefusal(account),
      danger: true,
    },
  ]
}

/** The same accounts as a table, or as cards with their runs, seats and end dates. The choice is kept. */
function ViewSwitch({ view }: { view: string }) {
  const { filter } = useListState()
  const choose = (next: string) => {
    try {
      localStorage.setItem(VIEW, next)
    } catch {
      // Storage is switched off: the address has the choice.
    }
    filter({ view: next })
  }
  const views = [
    ['table', 'Table', Rows3],
    ['cards', 'Cards', LayoutGrid],
  ] as const
  return (
    <fieldset className="view-switch" aria-label="View">
      {views.map(([key, label, Icon]) => (
        <ActionIcon
          key={key}
          variant={view === key ? 'light' : 'default'}
          size="lg"
          aria-label={label}
          aria-pressed={view === key}
          title={label}
          onClick={() => choose(key)}
        >
          <Icon size={16} aria-hidden />
        </ActionIcon>
      ))}
    </fieldset>
  )
}

function keptView(): string {
  try {
    return localStorage.getItem(VIEW) ?? 'table'
  } catch {
    return 'table'
  }
}

function filtersOf(search: Record<string, string | undefined>): Filters {
  const { name, status, cloudType } = search
  return {
    ...(name ? { name } : {}),
    ...(status ? { status: status as Account['status'] } : {}),
    ...(cloudType ? { cloudType: cloudType as Account['cloudType'] } : {}),
  }
}
