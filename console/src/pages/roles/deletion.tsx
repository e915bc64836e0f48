// How a role is deleted.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { builtIn } from '../../ui/builtIn'
import type { Deletion } from '../../ui/DeleteRecord'

export type Role = components['schemas']['Role']

export const ROLE_DELETION: Deletion<Role> = {
  noun: 'role',
  operation: 'roles_delete',
  send: (roleId, scope, confirm) =>
    send(
      api.DELETE('/api/roles/{roleId}', {
        params: { path: { roleId }, query: { ...scope, ...(confirm ? { confirm } : {}) } },
      }),
    ),
  changes: [
    '/api/roles',
    '/api/groups/{groupId}/roles',
    '/api/users/{userId}/permissions',
    '/api/users/me/permissions',
  ],
  refused: builtIn('role', 'deleted'),
  warning: ({ name }) => (
    <>
      Members of groups with the role <bdi>{name}</bdi> immediately lose its rights. This can’t be undone.
    </>
  ),
  goes: ['The role and its rights'],
  stays: ['The groups with this role, and their members'],
}
