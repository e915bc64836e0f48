// How a group is deleted.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { builtIn } from '../../ui/builtIn'
import type { Deletion } from '../../ui/DeleteRecord'

export type Group = components['schemas']['Group']

export const GROUP_DELETION: Deletion<Group> = {
  noun: 'group',
  operation: 'groups_delete',
  send: (groupId, scope, confirm) =>
    send(
      api.DELETE('/api/groups/{groupId}', {
        params: { path: { groupId }, query: { ...scope, ...(confirm ? { confirm } : {}) } },
      }),
    ),
  changes: [
    '/api/groups',
    '/api/users/{userId}/groups',
    '/api/users/{userId}/permissions',
    '/api/users/me/permissions',
  ],
  refused: builtIn('group', 'deleted'),
  warning: ({ name }) => (
    <>
      Members of <bdi>{name}</bdi> immediately lose the rights that only this group gives them. This can’t be undone.
    </>
  ),
  goes: ['The group and all memberships in it'],
  stays: ['Its members', 'Its roles'],
}
