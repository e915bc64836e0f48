// What a license names: an enterprise, a product that it offers, a service of that product.
import type { Item } from '../api/queries'

export type Enterprise = Item<'/api/enterprises'>
export type Triple = { enterpriseId: string; productId: string; serviceId: string }
export type TripleNames = { enterprise: string; product: string; service: string }

/** The names of a triple, as far as they are known. */
export function namesOf(enterprises: Enterprise[] | undefined, triple: Triple): Partial<TripleNames> {
  const enterprise = enterprises?.find((one) => one.id === triple.enterpriseId)
  const product = enterprise?.products.find((one) => one.id === triple.productId)
  const service = product?.services.find((one) => one.id === triple.serviceId)
  return { enterprise: enterprise?.name, product: product?.name, service: service?.name }
}

/** The products that are to be chosen once an enterprise is. */
export function productsOf(enterprises: Enterprise[] | undefined, enterpriseId: string) {
  return enterprises?.find((one) => one.id === enterpriseId)?.products ?? []
}

/** The services that are to be chosen once a product is, too. */
export function servicesOf(enterprises: Enterprise[] | undefined, enterpriseId: string, productId: string) {
  return productsOf(enterprises, enterpriseId).find((one) => one.id === productId)?.services ?? []
}

/** The only one of some, which needs no choosing. */
export function onlyOne(items: Array<{ id: string }>): string {
  return items.length === 1 ? (items[0]?.id ?? '') : ''
}
