// How an enterprise is deleted.
import { api, send } from '../../api/client'
import type { Answer } from '../../api/queries'
import { builtIn } from '../../ui/builtIn'
import type { Deletion } from '../../ui/DeleteRecord'

export type Enterprise = Answer<'/api/enterprises/{enterpriseId}'>

export const ENTERPRISE_DELETION: Deletion<Enterprise> = {
  noun: 'enterprise',
  operation: 'enterprises_delete',
  send: (enterpriseId) => send(api.DELETE('/api/enterprises/{enterpriseId}', { params: { path: { enterpriseId } } })),
  changes: ['/api/enterprises'],
  refused: builtIn('enterprise', 'deleted'),
  warning: () => 'This also removes its links to products. You can’t delete an enterprise that a license uses.',
}
