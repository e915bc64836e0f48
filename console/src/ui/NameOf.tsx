// The name of something that a record points at by its id.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'

const KEEP_MS = 60_000

export function EnterpriseName({ id }: { id: string }) {
  const read = q('/api/enterprises/{enterpriseId}', { path: { enterpriseId: id } })
  return <Name of={useQuery({ ...read, staleTime: KEEP_MS })} />
}

export function ProductName({ id }: { id: string }) {
  const read = q('/api/products/{productId}', { path: { productId: id } })
  return <Name of={useQuery({ ...read, staleTime: KEEP_MS })} />
}

export function ServiceName({ id }: { id: string }) {
  const read = q('/api/services/{serviceId}', { path: { serviceId: id } })
  return <Name of={useQuery({ ...read, staleTime: KEEP_MS })} />
}

function Name({ of }: { of: { data?: { name: string } | undefined; error: unknown } }) {
  if (of.data) return <bdi>{of.data.name}</bdi>
  return <span>{of.error ? 'Not to be read' : '…'}</span>
}
