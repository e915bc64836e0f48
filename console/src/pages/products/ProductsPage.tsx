// The list of products, each a set of services.
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { DeleteRecord, deleteAction } from '../../ui/DeleteRecord'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { PRODUCT_DELETION, type Product } from './deletion'

export default function ProductsPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Product>()
  const create = (
    <ActionButton operation="products_create" to={placePath(place, pages.newProduct)}>
      Create product
    </ActionButton>
  )
  return (
    <Page
      title="Products"
      intro="A product is a set of services that is sold together. An enterprise is linked to the products that it offers."
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
          deleteAction(PRODUCT_DELETION, product, () => setDeleting(product)),
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{ text: 'A product is a set of services that is sold together, such as “Studio”.', action: create }}
      />
      <DeleteRecord deletion={PRODUCT_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}

function names(product: Product): string {
  return product.services.map((linked) => linked.name).join(', ')
}
