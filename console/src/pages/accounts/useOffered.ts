// The enterprises to choose from: those at hand, and where there are more than that, the one of the name that is typed.
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { q } from '../../api/queries'
import { licensable, type Offered } from './offers'

const REST_MS = 250

export function useOffered(
  offered: Offered[],
  more: boolean,
  chosen: string,
): { all: Offered[]; search?: (typed: string) => void; nothing: string } {
  const [typed, setTyped] = useState('')
  const [name] = useDebouncedValue(typed.trim(), REST_MS)
  const asked = more && name !== ''
  const found = useQuery({ ...q('/api/enterprises', { query: { name, limit: 20 } }), enabled: asked })
  const known = offered.some((one) => one.id === chosen)
  const one = useQuery({
    ...q('/api/enterprises/{enterpriseId}', { path: { enterpriseId: chosen } }),
    enabled: chosen !== '' && !known,
  })
  const others = [...(asked ? (found.data?.items ?? []) : []), ...(one.data ? [one.data] : [])]
  const fresh = licensable(others).filter(
    (other, place) =>
      !offered.some((at) => at.id === other.id) && others.findIndex((at) => at.id === other.id) === place,
  )
  return {
    all: fresh.length > 0 ? [...offered, ...fresh] : offered,
    ...(more ? { search: setTyped } : {}),
    nothing: more
      ? found.isFetching
        ? 'Searching …'
        : 'Type how its name begins: there are many'
      : 'No enterprise is called so',
  }
}
