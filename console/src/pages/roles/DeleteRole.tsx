// Deleting a role: its groups stay, and stop giving it.
import { api, send } from '../../api/client'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { Confirm } from '../../ui/Confirm'
import { useAction } from '../../ui/useAction'

type Role = components['schemas']['Role']

export function notDeletable(role: Role): string | undefined {
  return role.builtIn ? 'This role is the platform’s own. It can’t be deleted.' : undefined
}

export function DeleteRole({
  role,
  onClose,
  then,
}: {
  role: Role | undefined
  onClose: () => void
  then?: () => Promise<void>
}) {
  const { scope } = usePlace()
  const remove = useAction({
    what: 'delete the role',
    run: ({ id }: Role) => send(api.DELETE('/api/roles/{roleId}', { params: { path: { roleId: id }, query: scope } })),
    done: (_, { name }) => `Deleted the role ${name}`,
    changes: [
      '/api/roles',
      '/api/groups/{groupId}/roles',
      '/api/users/{userId}/permissions',
      '/api/users/me/permissions',
    ],
    ...(then ? { then } : {}),
    showsFailure: true,
  })
  return (
    <Confirm
      opened={role !== undefined}
      onClose={onClose}
      title={`Delete role ${role?.name ?? ''}`}
      act="Delete role"
      what="delete the role"
      run={async () => role && remove.mutateAsync(role)}
      goes={['The role, and the rights that it gives']}
      stays={['The groups that give it, and their members']}
    >
      Members of the groups that give <bdi>{role?.name}</bdi> lose its rights at once. This can’t be undone.
    </Confirm>
  )
}
