// All accounts, for operators. Somebody of a tenant sees their own account in its stead.
import { useQuery } from '@tanstack/react-query'
import { ArrowRightLeft, ListChecks, SquareArrowOutUpRight, Trash2, Plus } from 'lucide-react'
import { useState } from 'react'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { accessQuery } from '../../app/rights'
import { useSwitch } from '../../app/useSwitch'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { CLOUD_CHOICES, deleteRefusal, isChanging, STATUS_CHOICES } from '../../ui/accountState'
import { type Column, DataTable } from '../../ui/DataTable'
import type { RowAction } from '../../ui/RowMenu'
import { ChoiceFilter, TextFilter } from '../../ui/Filters'
import { Page, Waiting } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { words } from '../../format'
import { AccountView } from './AccountView'
import { DeleteAccount } from './DeleteAccount'

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

export default function AccountsPage() {
  const place = usePlace()
  const access = useQuery(accessQuery)
  if (!access.data) {
    return (
      <Page title="Accounts">
        <Waiting />
      </Page>
    )
  }
  return access.data.operator ? <AllAccounts /> : <AccountView id={place.accountId} />
}

function AllAccounts() {
  const place = usePlace()
  const switchTo = useSwitch()
  const { search } = useListState()
  const [deleting, setDeleting] = useState<Account>()
  const onboard = (
    <ActionButton
      operation="accounts_create"
      to={placePath(place, pages.newAccount)}
      leftSection={<Plus size={16} aria-hidden />}
    >
      Onboard an account
    </ActionButton>
  )
  const actions = (account: Account): RowAction[] => [
    {
      label: 'Open',
      icon: <SquareArrowOutUpRight size={14} aria-hidden />,
      to: placePath(place, pages.account(account.id)),
    },
    {
      label: 'Provisioning',
      icon: <ListChecks size={14} aria-hidden />,
      to: placePath(place, pages.provisioning(account.id)),
      refused: account.provisioning ? undefined : 'Nothing was ever run for this account.',
    },
    {
      label: 'Switch to this account',
      icon: <ArrowRightLeft size={14} aria-hidden />,
      onClick: () => void switchTo(account.id),
      refused: account.status === 'deleted' ? 'The account is deleted.' : undefined,
    },
    {
      label: 'Delete',
      icon: <Trash2 size={14} aria-hidden />,
      onClick: () => setDeleting(account),
      operation: 'accounts_delete',
      refused: deleteRefusal(account),
      danger: true,
    },
  ]
  return (
    <Page title="Accounts" intro="Every tenant of the platform." actions={onboard}>
      <DataTable
        noun={['account', 'accounts']}
        path="/api/accounts"
        params={{ query: filtersOf(search) }}
        idOf={(account) => account.id}
        nameOf={(account) => account.name}
        actions={actions}
        filterKeys={FILTERS}
        filters={
          <>
            <TextFilter name="name" label="Name" placeholder="Begins with" />
            <ChoiceFilter name="status" label="Status" choices={STATUS_CHOICES} all="All but deleted" />
            <ChoiceFilter name="cloudType" label="Cloud type" choices={CLOUD_CHOICES} />
          </>
        }
        columns={COLUMNS}
        nothing={{
          text: 'An account is a tenant: a company with its own users, licenses and data. Onboarding one takes a minute.',
          action: onboard,
        }}
        pollEvery={(rows) => (rows.some((account) => isChanging(account.status)) ? 2_000 : false)}
      />
      {deleting && <DeleteAccount account={deleting} onClose={() => setDeleting(undefined)} />}
    </Page>
  )
}

function filtersOf(search: Record<string, string | undefined>): Filters {
  const { name, status, cloudType } = search
  return {
    ...(name ? { name } : {}),
    ...(status ? { status: status as Account['status'] } : {}),
    ...(cloudType ? { cloudType: cloudType as Account['cloudType'] } : {}),
  }
}
