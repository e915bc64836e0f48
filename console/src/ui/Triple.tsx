// What a license is of: enterprise, product and service by their names.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'

type Of = { enterpriseId: string; productId: string; serviceId: string }

export function Triple({ of }: { of: Of }) {
  const enterprise = useQuery({
    ...q('/api/enterprises/{enterpriseId}', { path: { enterpriseId: of.enterpriseId } }),
    staleTime: 60_000,
  })
  const found = enterprise.data
  const product = found?.products.find((one) => one.id === of.productId)
  const service = product?.services.find((one) => one.id === of.serviceId)
  if (!found) return <>{enterprise.isPending ? '…' : 'Names can’t be shown'}</>
  return (
    <span className="wrap-anywhere">
      <bdi>{found.name}</bdi> › <bdi>{product?.name ?? 'unknown product'}</bdi> ›{' '}
      <bdi>{service?.name ?? 'unknown service'}</bdi>
    </span>
  )
}
