// The breadcrumb of where one is: account, then enterprise. One choice is text; more are a list that can be searched.
import { Group, Select, Text } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useLocation, useNavigate } from '@tanstack/react-router'
import { ChevronRight } from 'lucide-react'
import { useState } from 'react'
import { q, queries } from '../api/queries'
import { switchAccount } from '../api/session'
import { NO_ENTERPRISE, placePath } from '../paths'
import { notifyFailure } from '../ui/notify'
import { enterprisesOf, usePlace, usePlaceState } from './place'
import { accessQuery } from './rights'

const SHOWN = 20

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
      {access.operator ? <AnyAccount /> : <OwnAccounts current={access.accounts} />}
      <ChevronRight size={14} aria-hidden style={{ flex: 'none', opacity: 0.6 }} />
      <OneOrMany
        label="Enterprise"
        value={place.enterpriseId}
        choices={enterprises ?? []}
        onChange={(id) => void go(place.accountId, id)}
      />
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

/** An operator's accounts are too many to list: they are asked for by the beginnings of their names. */
function AnyAccount() {
  const place = usePlace()
  const name = usePlaceState().accountName
  const go = useGo()
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed === name ? '' : typed.trim(), 200)
  const found = useQuery({
    ...q('/api/accounts', { query: { limit: SHOWN, ...(search ? { name: search } : {}) } }),
    placeholderData: keepPreviousData,
  })
  const known = (found.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))
  const current =
    name && !known.some((one) => one.value === place.accountId) ? [{ value: place.accountId, label: name }] : []
  return (
    <Select
      aria-label="Account"
      size="xs"
      searchable
      allowDeselect={false}
      value={place.accountId}
      data={[...current, ...known]}
      filter={({ options }) => options}
      onSearchChange={setTyped}
      onChange={(id) => id && void go(id)}
      nothingFoundMessage={found.isFetching ? 'Searching …' : 'No account begins so'}
      comboboxProps={{ width: 300, position: 'bottom-start' }}
      maxDropdownHeight={340}
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
      const page = pathname.split('/').slice(5, 7).join('/') || 'dashboard'
      // What is still under way is for the account that is left.
      await queries.cancelQueries()
      await navigate({ to: placePath({ accountId, enterpriseId: enterprise }, page) })
    } catch (error) {
      notifyFailure('switch to the account', error)
    }
  }
}
