// Narrows a list of the platform to one account; the choice is in the address.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'
import { useListState } from '../ui/useListState'
import { AccountSelect } from './AccountSelect'

export function AccountFilter({ all = 'All accounts', clearable = true }: { all?: string; clearable?: boolean }) {
  const { search, filter } = useListState()
  const chosen = search.account
  const account = useQuery({
    ...q('/api/accounts/{accountId}', { path: { accountId: chosen ?? '' } }),
    enabled: Boolean(chosen),
    staleTime: 60_000,
  }).data
  return (
    <AccountSelect
      label="Account"
      placeholder={all}
      value={chosen}
      name={account?.name}
      onChange={(id) => filter({ account: id ?? undefined })}
      clearable={clearable}
      clearButtonProps={{ 'aria-label': 'Clear Account' }}
      w={{ base: '100%', xs: 230 }}
    />
  )
}
