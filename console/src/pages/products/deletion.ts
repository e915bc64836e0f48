// How a product is deleted.
import { api, send } from '../../api/client'
import type { Answer } from '../../api/queries'
import { builtIn } from '../../ui/builtIn'
import type { Deletion } from '../../ui/DeleteRecord'

export type Product = Answer<'/api/products/{productId}'>

export const PRODUCT_DELETION: Deletion<Product> = {
  noun: 'product',
  operation: 'products_delete',
  send: (productId) => send(api.DELETE('/api/products/{productId}', { params: { path: { productId } } })),
  changes: ['/api/products', '/api/enterprises'],
  refused: builtIn('product', 'deleted'),
  warning: () =>
    'This also removes its links to services and enterprises. You can’t delete a product that a license uses.',
}
