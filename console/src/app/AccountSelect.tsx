// One account of many: an operator's are too many to list, so they are asked for by name.
import { Select, type SelectProps } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { q } from '../api/queries'

const SHOWN = 20

type Props = Omit<SelectProps, 'value' | 'onChange' | 'data'> & {
  /** The chosen account, with its name as far as it is known. */
  value: string | undefined
  name: string | undefined
  onChange: (id: string | null) => void
}

export function AccountSelect({ value, name, onChange, ...look }: Props) {
  const [typed, setTyped] = useState('')
  const [search] = useDebouncedValue(typed === name ? '' : typed.trim(), 200)
  const found = useQuery({
    ...q('/api/accounts', { query: { limit: SHOWN, ...(search ? { name: search } : {}) } }),
    placeholderData: keepPreviousData,
  })
  const known = (found.data?.items ?? []).map((one) => ({ value: one.id, label: one.name }))
  const current = value && name && !known.some((one) => one.value === value) ? [{ value, label: name }] : []
  return (
    <Select
      size="xs"
      searchable
      value={value ?? null}
      data={[...current, ...known]}
      filter={({ options }) => options}
      onSearchChange={setTyped}
      onChange={(id) => onChange(id)}
      nothingFoundMessage={found.isFetching ? 'Searching …' : 'No account has a name that begins with this'}
      maxDropdownHeight={340}
      {...look}
    />
  )
}
