// How a service is deleted.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { builtIn } from '../../ui/builtIn'
import type { Deletion } from '../../ui/DeleteRecord'

export type Service = components['schemas']['Service']

export const SERVICE_DELETION: Deletion<Service> = {
  noun: 'service',
  operation: 'services_delete',
  send: (serviceId) => send(api.DELETE('/api/services/{serviceId}', { params: { path: { serviceId } } })),
  changes: ['/api/services', '/api/products', '/api/enterprises'],
  refused: builtIn('service', 'deleted'),
  warning: () => 'This also removes its links to products. You can’t delete a service that a license uses.',
}
