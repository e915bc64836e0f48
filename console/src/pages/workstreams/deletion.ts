// How a workstream is deleted.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { count } from '../../format'
import type { Deletion } from '../../ui/DeleteRecord'

export type Workstream = components['schemas']['Workstream']

export const WORKSTREAM_DELETION: Deletion<Workstream> = {
  noun: 'workstream',
  operation: 'workstreams_delete',
  send: (workstreamId, scope) =>
    send(api.DELETE('/api/workstreams/{workstreamId}', { params: { path: { workstreamId }, query: scope } })),
  changes: ['/api/workstreams', '/api/users/{userId}/workstreams'],
  refused: ({ builtIn }) => (builtIn ? 'This workstream comes with the account. It can’t be deleted.' : undefined),
  warning: ({ tools }) =>
    tools.length === 0
      ? 'This removes all users from the workstream.'
      : `This removes all users from the workstream, and deletes ${count(tools.length, 'tool', 'tools')}.`,
}
