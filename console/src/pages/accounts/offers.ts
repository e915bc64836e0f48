// What can be licensed: an enterprise, one of its products, and one of that product's services.
import type { components } from '../../api/schema.gen'
import type { Choice } from '../../ui/fields'

export type Offered = components['schemas']['EnterpriseView']
export type Picked = { enterpriseId: string; productId: string; serviceId: string }

/** What licenses can be of: the platform's own is not for tenants. */
export function licensable(enterprises: Offered[]): Offered[] {
  return enterprises.filter((one) => !one.builtIn)
}

export function isWhole(enterprise: Offered): boolean {
  return enterprise.products.some((product) => product.services.length > 0)
}

function only<T extends { id: string }>(all: T[]): T | undefined {
  return all.length === 1 ? all[0] : undefined
}

/** Whatever leaves no choice. */
export function firstOf(offered: Offered[]): Picked {
  return pickEnterprise(offered, only(offered)?.id ?? '')
}

/** The enterprise was changed: what hangs on it is chosen anew, by itself where there is one choice. */
export function pickEnterprise(offered: Offered[], enterpriseId: string): Picked {
  const product = only(offered.find((one) => one.id === enterpriseId)?.products ?? [])
  return { enterpriseId, ...pickProduct(offered, enterpriseId, product?.id ?? '') }
}

export function pickProduct(
  offered: Offered[],
  enterpriseId: string,
  productId: string,
): { productId: string; serviceId: string } {
  const products = offered.find((one) => one.id === enterpriseId)?.products ?? []
  const service = only(products.find((one) => one.id === productId)?.services ?? [])
  return { productId, serviceId: service?.id ?? '' }
}

export function choicesOf(
  offered: Offered[],
  { enterpriseId, productId }: Pick<Picked, 'enterpriseId' | 'productId'>,
): { enterprises: Choice[]; products: Choice[]; services: Choice[] } {
  const choice = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name })
  const products = offered.find((one) => one.id === enterpriseId)?.products ?? []
  const services = products.find((one) => one.id === productId)?.services ?? []
  return {
    enterprises: offered.map((one) =>
      isWhole(one) ? choice(one) : { ...choice(one), label: `${one.name} (no service linked)`, disabled: true },
    ),
    products: products.map((one) =>
      one.services.length > 0
        ? choice(one)
        : { ...choice(one), label: `${one.name} (no service linked)`, disabled: true },
    ),
    services: services.map(choice),
  }
}

/** Names of what was picked, for reading. */
export function namesOf(offered: Offered[], picked: Picked): string[] {
  const enterprise = offered.find((one) => one.id === picked.enterpriseId)
  const product = enterprise?.products.find((one) => one.id === picked.productId)
  const service = product?.services.find((one) => one.id === picked.serviceId)
  return [enterprise?.name, product?.name, service?.name].map((name) => name ?? '—')
}
