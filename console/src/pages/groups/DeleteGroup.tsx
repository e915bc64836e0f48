// Deleting a group: its members and roles stay, and have nothing to do with each other by it any more.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { Confirm } from '../../ui/Confirm'
import { useAction } from '../../ui/useAction'

type Group = components['schemas']['Group']

export function notDeletable(group: Group): string | undefined {
  return group.builtIn ? 'This group is the platform’s own. It can’t be deleted.' : undefined
}

export function DeleteGroup({
  group,
  onClose,
  then,
}: {
  group: Group | undefined
  onClose: () => void
  then?: () => Promise<void>
}) {
  const { scope } = usePlace()
  const remove = useAction({
    what: 'delete the group',
    run: ({ id }: Group) =>
      send(api.DELETE('/api/groups/{groupId}', { params: { path: { groupId: id }, query: scope } })),
    done: (_, { name }) => `Deleted the group ${name}`,
    changes: [
      '/api/groups',
      '/api/users/{userId}/groups',
      '/api/users/{userId}/permissions',
      '/api/users/me/permissions',
    ],
    ...(then ? { then } : {}),
    showsFailure: true,
  })
  return (
    <Confirm
      opened={group !== undefined}
      onClose={onClose}
      title={`Delete group ${group?.name ?? ''}`}
      act="Delete group"
      what="delete the group"
      run={async () => group && remove.mutateAsync(group)}
      goes={['The group, and every membership in it']}
      stays={['The people who are in it', 'The roles that it gives']}
    >
      Members of <bdi>{group?.name}</bdi> lose at once what they have by it alone. This can’t be undone.
    </Confirm>
  )
}
