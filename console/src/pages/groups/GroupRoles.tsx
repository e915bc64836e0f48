// The roles that a group gives: each a link, replaced as a whole.
import { Group as Row, List, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { type Tagged, api, send } from '../../api/client'
import { type Answer, invalidate, qTagged, queries, readNow } from '../../api/queries'
import { WHOLE_MASK, maskInWords } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { count } from '../../format'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { FormShell } from '../../ui/form'
import { useRecordForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone } from '../../ui/notify'
import { Loaded, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { MAX_ROLES } from './NewGroupPage'

type Roles = Tagged<Answer<'/api/groups/{groupId}/roles'>>

export function GroupRoles({ groupId }: { groupId: string }) {
  const { scope } = usePlace()
  // The form keeps the version that it was filled from.
  const [editing, setEditing] = useState<Roles>()
  const read = qTagged('/api/groups/{groupId}/roles', { path: { groupId }, query: scope })
  const roles = useQuery(read)
  // The server keeps the group of the platform's administrators as it is.
  const platform = roles.data?.record.items.some((role) => role.kind === 'platform')
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
            onClick={() => setEditing(roles.data)}
          >
            Change roles
          </ActionButton>
        )
      }
    >
      <Loaded query={roles} what="load the roles of the group" rows={2}>
        {({ record: { items } }) =>
          editing ? (
            <RolesForm
              key={editing.tag}
              groupId={groupId}
              roles={editing}
              onDone={() => setEditing(undefined)}
              reload={async () => setEditing(await queries.fetchQuery({ ...read, staleTime: 0 }))}
            />
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
                        Limits: {maskInWords(role.mask)}
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

function RolesForm({
  groupId,
  roles,
  onDone,
  reload,
}: {
  groupId: string
  roles: Roles
  onDone: () => void
  reload: () => Promise<void>
}) {
  const { scope } = usePlace()
  const form = useRecordForm<{ roleIds: string[] }, Roles['record']>({
    tagged: roles,
    valuesOf: ({ items }) => ({ roleIds: items.map((role) => role.id) }),
    readNow: () => readNow(qTagged('/api/groups/{groupId}/roles', { path: { groupId }, query: scope })),
    what: 'change the roles of the group',
    fieldAt: (pointer) => (pointer.startsWith('/roleIds') ? 'roleIds' : undefined),
    save: async ({ roleIds }, over, confirm) => {
      const params = {
        path: { groupId },
        query: { ...scope, ...(confirm ? { confirm } : {}) },
        header: { 'If-Match': over.tag },
      }
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
    <FormShell form={form} opened act="Save roles" onCancel={onDone} onReload={reload}>
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
        known={roles.record.items}
      />
    </FormShell>
  )
}
