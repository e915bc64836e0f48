// An account by its name, where only its id is told.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'
import { pages } from '../paths'
import { PlaceLink } from './PlaceLink'

const FRESH_MS = 60_000

export function AccountName({ id }: { id: string }) {
  const account = useQuery({ ...q('/api/accounts/{accountId}', { path: { accountId: id } }), staleTime: FRESH_MS })
  return (
    <PlaceLink to={pages.account(id)} clip>
      {account.data?.name ?? (account.isPending ? '…' : 'Unknown account')}
    </PlaceLink>
  )
}
