// The roles that a group gives: each a link, replaced as a whole.
import { Group as Row, List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { invalidate, q } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { WHOLE_MASK, maskInWords } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { count } from '../../format'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { FormShell } from '../../ui/form'
import { useServerForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone } from '../../ui/notify'
import { Loaded, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { MAX_ROLES } from './NewGroupPage'

type Role = components['schemas']['Role']

export function GroupRoles({ groupId }: { groupId: string }) {
  const { scope } = usePlace()
  const [editing, setEditing] = useState(false)
  const roles = useQuery(q('/api/groups/{groupId}/roles', { path: { groupId }, query: scope }))
  // The server keeps the group of the platform's administrators as it is.
  const platform = roles.data?.items.some((role) => role.kind === 'platform')
  return (
    <Section
      title="Roles"
      intro="What the members of this group get."
      actions={
        !editing && (
          <ActionButton
            operation="groups_set_roles"
            refused={platform ? 'This group is the platform’s own. Its roles can’t be changed.' : undefined}
            size="xs"
            variant="default"
            leftSection={<Pencil size={13} aria-hidden />}
            onClick={() => setEditing(true)}
          >
            Change roles
          </ActionButton>
        )
      }
    >
      <Loaded query={roles} what="load the roles of the group" rows={2}>
        {({ items }) =>
          editing ? (
            <RolesForm groupId={groupId} roles={items} onDone={() => setEditing(false)} />
          ) : items.length === 0 ? (
            <Text size="sm" c="dimmed">
              This group gives no role yet, so being in it changes nothing.
            </Text>
          ) : (
            <List size="sm" spacing={4} listStyleType="none">
              {items.map((role) => (
                <List.Item key={role.id} className="wrap-anywhere">
                  <Row gap={8}>
                    <PlaceLink to={pages.role(role.id)}>{role.name}</PlaceLink>
                    {role.mask !== WHOLE_MASK && (
                      <Text span size="xs" c="dimmed">
                        Scope limit: {maskInWords(role.mask)}
                      </Text>
                    )}
                  </Row>
                </List.Item>
              ))}
            </List>
          )
        }
      </Loaded>
    </Section>
  )
}

function RolesForm({ groupId, roles, onDone }: { groupId: string; roles: Role[]; onDone: () => void }) {
  const { scope } = usePlace()
  const form = useServerForm<{ roleIds: string[] }>({
    defaults: { roleIds: roles.map((role) => role.id) },
    what: 'change the roles of the group',
    fieldAt: (pointer) => (pointer.startsWith('/roleIds') ? 'roleIds' : undefined),
    submit: async ({ roleIds }) => {
      const params = { path: { groupId }, query: scope }
      await send(api.PUT('/api/groups/{groupId}/roles', { params, body: { roleIds } }))
      await invalidate(
        '/api/groups/{groupId}/roles',
        '/api/groups/{groupId}',
        '/api/users/{userId}/permissions',
        '/api/users/me/permissions',
      )
      notifyDone(`The group gives ${count(roleIds.length, 'role')} now`)
      onDone()
    },
  })
  return (
    <FormShell form={form} opened act="Save roles" onCancel={onDone}>
      <LinkedField
        name="roleIds"
        label="Roles"
        description="You can give roles that hold no more than you do."
        placeholder="Choose roles"
        nothing="There is no role of that name"
        most={MAX_ROLES}
        path="/api/roles"
        params={{ query: scope }}
        operation="roles_list"
        known={roles}
      />
    </FormShell>
  )
}
