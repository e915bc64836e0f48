// The seats of one license, among all of its enterprise, product and service.
import type { components } from '../api/schema.gen'

type Capacity = components['schemas']['Capacity']
type Triple = Pick<Capacity['triples'][number], 'enterpriseId' | 'productId' | 'serviceId'>

export function sameTriple(one: Triple, other: Triple): boolean {
  return (
    one.enterpriseId === other.enterpriseId && one.productId === other.productId && one.serviceId === other.serviceId
  )
}

/**
 * Of a license in force. Users without a seat sit on no license in particular: a license alone shows all of them, as its page
 * does; one of several shows its own seats, and how many are missing together.
 */
export function seatsOfLicense(
  capacity: Capacity | undefined,
  license: Triple & { id: string },
): { used: number; total: number; missing: number } | undefined {
  const own = capacity?.licenses.find((one) => one.licenseId === license.id)
  if (!own) return undefined
  const all = capacity?.triples.find((one) => sameTriple(one, license))
  const used = all && all.seats === own.seats ? all.used : own.used
  return { used, total: own.seats, missing: all?.overCapacity?.by ?? 0 }
}
