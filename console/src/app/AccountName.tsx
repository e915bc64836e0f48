// The name of an account that a record speaks of by its id.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'
import { pages } from '../paths'
import { CopyId } from '../ui/Copy'
import { PlaceLink } from '../ui/PlaceLink'
import { accessQuery } from './rights'

export function AccountName({ id }: { id: string | null | undefined }) {
  const access = useQuery(accessQuery).data
  const known = access?.accounts.find((one) => one.id === id)
  const asked = useQuery({
    ...q('/api/accounts/{accountId}', { path: { accountId: id ?? '' } }),
    enabled: Boolean(id) && access !== undefined && !known,
    staleTime: 60_000,
    retry: false,
  })
  if (!id) return <>—</>
  const name = known?.name ?? asked.data?.name
  // It was removed since, or is on its way.
  if (!name) return <CopyId id={id} what="account id" />
  return (
    <PlaceLink to={pages.account(id)} clip>
      {name}
    </PlaceLink>
  )
}
