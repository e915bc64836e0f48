// What a place's account is licensed for, with names and seats; for those who may not see licenses, what the enterprise offers.
import { useQuery, type UseQueryOptions, type UseQueryResult } from '@tanstack/react-query'
import { q, queries } from '../../api/queries'
import { enterprisesOf, type Named } from '../../app/place'
import { NO_ENTERPRISE, type Place } from '../../paths'
import { type Licensed, licensed } from './license'

export type Offers = {
  all: Licensed[]
  names: Map<string, string>
  /** Seats are unknown without the right to see licenses. */
  counted: boolean
}

export function useLicensed(place: Place, seesLicenses: boolean): UseQueryResult<Offers> {
  return useQuery(seesLicenses ? fromLicenses(place.accountId) : fromEnterprise(place.enterpriseId))
}

/** Named by the path of the seats, so that whatever takes a seat has it fetched anew. */
function fromLicenses(accountId: string): UseQueryOptions<Offers> {
  return {
    queryKey: ['/api/licenses/capacity', { licensedOf: accountId }],
    queryFn: async (): Promise<Offers> => {
      const query = { accountId }
      const [capacity, entities, enterprises] = await Promise.all([
        queries.fetchQuery({ ...q('/api/licenses/capacity', { query }), staleTime: 0 }),
        queries.fetchQuery({ ...q('/api/licenses/licensed-entities', { query }), staleTime: 0 }),
        queries.fetchQuery(enterprisesOf(accountId)),
      ])
      const names = namesOf([...entities.products, ...entities.services, ...enterprises])
      return { all: licensed(entities.licenses, capacity.triples), names, counted: true }
    },
  }
}

function fromEnterprise(enterpriseId: string): UseQueryOptions<Offers> {
  return {
    queryKey: ['/api/enterprises/{enterpriseId}', { offersOf: enterpriseId }],
    queryFn: async (): Promise<Offers> => {
      if (enterpriseId === NO_ENTERPRISE) return { all: [], names: new Map(), counted: false }
      const enterprise = await queries.fetchQuery(q('/api/enterprises/{enterpriseId}', { path: { enterpriseId } }))
      const all = enterprise.products.flatMap((product) =>
        product.services.map((service) => ({ enterpriseId, productId: product.id, serviceId: service.id })),
      )
      const services = enterprise.products.flatMap((product) => product.services)
      return { all, names: namesOf([enterprise, ...enterprise.products, ...services]), counted: false }
    },
  }
}

function namesOf(all: Named[]): Map<string, string> {
  return new Map(all.map((one) => [one.id, one.name]))
}
