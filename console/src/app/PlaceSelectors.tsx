// The breadcrumb of where one is: account, then enterprise. One choice is text; more are a list that can be searched.
import { Group, Select, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { q, queries } from '../api/queries'
import { switchAccount } from '../api/session'
import { NO_ENTERPRISE, pages, placePath } from '../paths'
import { notifyFailure } from '../ui/notify'
import { AccountSelect } from './AccountSelect'
import { enterprisesOf, usePlace, usePlaceState } from './place'
import { accessQuery } from './rights'

export function PlaceSelectors() {
  const place = usePlace()
  const access = useQuery(accessQuery).data
  const enterprises = useQuery({
    ...enterprisesOf(place.accountId),
    enabled: access !== undefined && place.accountId !== '',
  }).data
  const go = useGo()
  if (!access) return null
  return (
    <Group gap={4} wrap="nowrap" component="nav" aria-label="Where you are" style={{ minWidth: 0, flex: '0 1 400px' }}>
      {place.accountId === '' && (
        <Text size="sm" fw={500} style={{ flex: 'none' }} visibleFrom="xs">
          Platform
        </Text>
      )}
      {access.operator ? <AnyAccount /> : <OwnAccounts current={access.accounts} />}
      {place.accountId !== '' && (
        <>
          <ChevronRight size={14} aria-hidden style={{ flex: 'none', opacity: 0.6 }} />
          <OneOrMany
            label="Enterprise"
            value={place.enterpriseId}
            choices={enterprises ?? []}
            onChange={(id) => void go(place.accountId, id)}
          />
        </>
      )}
    </Group>
  )
}

/** The accounts that somebody belongs to. Each has a session of its own. */
function OwnAccounts({ current }: { current: Array<{ id: string; name: string }> }) {
  const place = usePlace()
  const own = useQuery(q('/api/users/me/accounts')).data?.items
  const choices = own?.map((one) => ({ id: one.accountId, name: one.accountName })) ?? current
  return (
    <OneOrMany
      label="Account"
      value={place.accountId}
      choices={choices}
      onChange={(id) => void switchAccount(id).catch((error: unknown) => notifyFailure('switch to the account', error))}
    />
  )
}

function AnyAccount() {
  const { accountId } = usePlace()
  const name = usePlaceState().accountName
  const go = useGo()
  return (
    <AccountSelect
      aria-label={accountId ? 'Account' : 'Open an account'}
      placeholder="Open an account"
      allowDeselect={false}
      value={accountId || undefined}
      name={name}
      onChange={(id) => id && void go(id)}
      comboboxProps={{ width: 300, position: 'bottom-start' }}
      style={{ flex: '1 1 190px', minWidth: 84 }}
    />
  )
}

function OneOrMany({
  label,
  value,
  choices,
  onChange,
}: {
  label: string
  value: string
  choices: Array<{ id: string; name: string }>
  onChange: (id: string) => void
}) {
  const [first] = choices
  if (!first || (choices.length === 1 && first.id === value)) {
    return (
      <Text size="sm" fw={500} className="clip" style={{ flex: '0 1 auto' }} title={first?.name}>
        <span className="visually-hidden">{label}: </span>
        {first?.name ?? 'No enterprise'}
      </Text>
    )
  }
  return (
    <Select
      aria-label={label}
      size="xs"
      searchable
      allowDeselect={false}
      value={value}
      data={choices.map((one) => ({ value: one.id, label: one.name }))}
      onChange={(id) => id && onChange(id)}
      nothingFoundMessage="None has this in its name"
      comboboxProps={{ width: 260, position: 'bottom-start' }}
      style={{ flex: '1 1 150px', minWidth: 84 }}
    />
  )
}

/** To the same page of another account or enterprise; from a record's page to its list, for the record is not there. */
function useGo() {
  const navigate = useNavigate()
  const pathname = useLocation({ select: (location) => location.pathname })
  return async (accountId: string, enterpriseId?: string) => {
    try {
      const enterprise = enterpriseId ?? (await queries.fetchQuery(enterprisesOf(accountId)))[0]?.id ?? NO_ENTERPRISE
      // From the platform to the account's overview.
      const page = pathname.split('/').slice(5, 7).join('/') || pages.dashboard
      // What is still under way is for the account that is left.
      await queries.cancelQueries()
      await navigate({ to: placePath({ accountId, enterpriseId: enterprise }, page) })
    } catch (error) {
      notifyFailure('switch to the account', error)
    }
  }
}
