// The page of one product, with its links to services.
import { useQuery } from '@tanstack/react-query'
import { api, send } from '../../api/client'
import { qTagged } from '../../api/queries'
import { allOf, choices } from '../../app/catalogue'
import { pages } from '../../paths'
import { builtIn } from '../../ui/builtIn'
import { ManyField } from '../../ui/fields'
import { NameAndDescription, type RecordKind, RecordPage } from '../../ui/RecordPage'
import { orNull } from '../../ui/serverForm'
import { PRODUCT_DELETION, type Product } from './deletion'

type Values = { name: string; description: string; serviceIds: string[] }

const PRODUCT: RecordKind<Product, Values> = {
  list: { label: 'Products', to: pages.products },
  path: '/api/products/{productId}',
  read: (productId) => qTagged('/api/products/{productId}', { path: { productId } }),
  empty: { name: '', description: '', serviceIds: [] },
  valuesOf: ({ name, description, serviceIds }) => ({ name, description: description ?? '', serviceIds }),
  create: {
    operation: 'products_create',
    send: (values, header) => send(api.POST('/api/products', { body: bodyOf(values), params: { header } })),
  },
  update: {
    operation: 'products_update',
    send: (productId, values, header) => {
      const params = { path: { productId }, header }
      return send(api.PUT('/api/products/{productId}', { body: bodyOf(values), params }))
    },
    refused: builtIn('product', 'changed'),
  },
  deletion: PRODUCT_DELETION,
  Fields,
}

export default function ProductPage() {
  return <RecordPage kind={PRODUCT} />
}

function bodyOf({ name, description, serviceIds }: Values) {
  return { name, description: orNull(description), serviceIds }
}

function Fields({ disabled }: { disabled: boolean }) {
  const linked = useQuery(allOf('/api/services')).data
  return (
    <>
      <NameAndDescription disabled={disabled} />
      <ManyField
        name="serviceIds"
        label="Services"
        description="What a license of the product can include. You can’t remove a service that a license uses."
        choices={choices(linked)}
        nothing="No services yet. Create one first."
        disabled={disabled}
      />
    </>
  )
}
