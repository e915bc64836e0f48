// Products: what is sold, as a set of services.
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import type { Item } from '../../api/queries'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Confirm } from '../../ui/Confirm'
import { DataTable } from '../../ui/DataTable'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { useListState } from '../../ui/useListState'

type Product = Item<'/api/products'>

export default function ProductsPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Product>()
  const remove = useAction({
    what: 'delete the product',
    run: ({ id }: Product) => send(api.DELETE('/api/products/{productId}', { params: { path: { productId: id } } })),
    done: (_, { name }) => `Product ${name} is deleted`,
    changes: ['/api/products', '/api/enterprises'],
    showsFailure: true,
  })
  const create = (
    <ActionButton operation="products_create" to={placePath(place, pages.newProduct)}>
      Create product
    </ActionButton>
  )
  return (
    <Page
      title="Products"
      intro="What is sold: a set of services. Enterprises are linked to the products that they may license."
      actions={create}
    >
      <DataTable
        noun={['product', 'products']}
        path="/api/products"
        params={{ query: search.name ? { name: search.name } : {} }}
        idOf={(product) => product.id}
        nameOf={(product) => product.name}
        columns={[
          {
            header: 'Name',
            cell: (product) => (
              <PlaceLink to={pages.product(product.id)} clip>
                {product.name}
              </PlaceLink>
            ),
          },
          {
            header: 'Description',
            cell: (product) => <span title={product.description ?? ''}>{product.description ?? '—'}</span>,
          },
          { header: 'Services', cell: (product) => <span title={names(product)}>{names(product) || '—'}</span> },
          { header: 'Changed', cell: (product) => <Ago at={product.updatedAt} /> },
        ]}
        actions={(product) => [
          { label: 'Edit', icon: <Pencil size={14} aria-hidden />, to: placePath(place, pages.product(product.id)) },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'products_delete',
            refused: product.builtIn ? 'It is the platform’s own.' : undefined,
            danger: true,
            onClick: () => setDeleting(product),
          },
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{ text: 'A product is a set of services that is sold together, such as “Studio”.', action: create }}
      />
      <Confirm
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete product ${deleting?.name ?? ''}`}
        act="Delete product"
        what="delete the product"
        run={() => (deleting ? remove.mutateAsync(deleting) : Promise.resolve())}
      >
        Its links go with it. A product that a license names can’t be deleted.
      </Confirm>
    </Page>
  )
}

function names(product: Product): string {
  return product.services.map((linked) => linked.name).join(', ')
}
