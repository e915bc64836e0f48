// The page of one role: its details, its scope and its permissions.
import { Badge, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Copy, GitCompare, Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, sendTagged, type Tagged } from '../../api/client'
import { invalidate, qTagged, queries, readNow } from '../../api/queries'
import { LEVELS, WHOLE_MASK, maskOn, menusOn } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { permissionsQuery } from '../../app/rights'
import { words } from '../../format'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { DeleteButton } from '../../ui/DeleteRecord'
import { Facts } from '../../ui/Facts'
import { LongTextField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useRecordForm } from '../../ui/serverForm'
import { EnterpriseName } from '../../ui/NameOf'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { At } from '../../ui/Time'
import { ROLE_DELETION, type Role } from './deletion'
import { MaskField } from './MaskField'
import { PermissionSection } from './PermissionSection'
import { LimitedTo } from './RolesPage'

export default function RolePage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const place = usePlace()
  const { scope } = place
  const navigate = useNavigate()
  const read = qTagged('/api/roles/{roleId}', { path: { roleId: id }, query: scope })
  const role = useQuery(read)
  return (
    <Loaded query={role} what="load the role" noun="role" rows={8}>
      {(tagged) => (
        <Page
          title={tagged.record.name}
          up={[{ label: 'Roles', to: pages.roles }]}
          intro={
            <Group gap={8}>
              <span>{tagged.record.kind === 'platform' ? 'Platform role' : 'Role'}</span>
              {tagged.record.builtIn && (
                <Badge variant="default" size="sm" tt="none" fw={500}>
                  Built in
                </Badge>
              )}
            </Group>
          }
          actions={
            <>
              <ActionButton
                operation="roles_create"
                variant="default"
                leftSection={<Copy size={15} aria-hidden />}
                onClick={() => void navigate({ to: placePath(place, pages.newRole), search: { from: id } })}
              >
                Duplicate
              </ActionButton>
              <ActionButton
                operation="roles_permissions"
                variant="default"
                leftSection={<GitCompare size={15} aria-hidden />}
                onClick={() => void navigate({ to: placePath(place, pages.compareRoles), search: { one: id } })}
              >
                Compare
              </ActionButton>
              <DeleteButton deletion={ROLE_DELETION} record={tagged.record} list={pages.roles} />
            </>
          }
        >
          <Details tagged={tagged} reload={() => queries.fetchQuery({ ...read, staleTime: 0 })} />
          <PermissionSection role={tagged.record} refused={fixed(tagged.record)} />
        </Page>
      )}
    </Loaded>
  )
}

/** Why a role is read-only, if it is. */
function fixed(role: Role): string | undefined {
  if (role.kind === 'platform') return 'Members with this role are operators of the platform. It can’t be changed.'
  if (role.builtIn) return 'This role is the platform’s own. Create a role to give other rights.'
  return undefined
}

type Values = { name: string; description: string; mask: number }

function Details({ tagged, reload }: { tagged: Tagged<Role>; reload: () => Promise<Tagged<Role>> }) {
  const [editing, setEditing] = useState<Tagged<Role>>()
  const role = tagged.record
  if (editing) {
    return (
      <Section title="Details">
        <DetailsForm
          key={editing.tag}
          tagged={editing}
          onDone={() => setEditing(undefined)}
          reload={async () => setEditing(await reload())}
        />
      </Section>
    )
  }
  return (
    <Section
      title="Details"
      actions={
        <ActionButton
          operation="roles_update"
          refused={fixed(role)}
          size="xs"
          variant="default"
          leftSection={<Pencil size={13} aria-hidden />}
          onClick={() => setEditing(tagged)}
        >
          Edit details
        </ActionButton>
      }
    >
      <Stack gap="md">
        <Facts
          columns={3}
          of={[
            ['Description', role.description],
            ['Limited to', <LimitedTo key="for" role={role} />],
            ['Enterprise', <EnterpriseName key="enterprise" id={role.enterpriseId} />],
            ['Created', <At key="created" at={role.createdAt} />],
            ['Changed', <At key="changed" at={role.updatedAt} />],
            ['Id', <CopyId key="id" id={role.id} what="role id" />],
          ]}
        />
        <div>
          <Text size="xs" c="dimmed">
            Limits
          </Text>
          <Text size="sm">Limits give no rights. A permission below has effect only if it is also allowed here.</Text>
          {role.mask === WHOLE_MASK ? (
            <Text size="sm">No limit</Text>
          ) : (
            LEVELS.map((level) => (
              <Text size="sm" key={level}>
                {words(level)} level ({menusOn(level)}): at most <strong>{maskOn(role.mask, level)}</strong>
              </Text>
            ))
          )}
        </div>
      </Stack>
    </Section>
  )
}

function DetailsForm({
  tagged,
  onDone,
  reload,
}: {
  tagged: Tagged<Role>
  onDone: () => void
  reload: () => Promise<void>
}) {
  const { scope } = usePlace()
  const own = useQuery(permissionsQuery).data?.mask ?? 0
  const { record } = tagged
  const save = async ({ name, description, mask }: Values, over: Tagged<Role>, confirm?: string) => {
    const query = { ...scope, ...(confirm ? { confirm } : {}) }
    const params = { path: { roleId: record.id }, query, header: { 'If-Match': over.tag } }
    // The server checks a scope that is sent. An unchanged one is left out, since its editor may not grant all of it.
    const body = {
      accountId: scope.accountId,
      name,
      description: orNull(description),
      mask: mask === over.record.mask ? null : mask,
    }
    await sendTagged(api.PUT('/api/roles/{roleId}', { body, params }))
    await invalidate(
      '/api/roles/{roleId}',
      '/api/roles',
      '/api/users/{userId}/permissions',
      '/api/users/me/permissions',
    )
    notifyDone(`Saved the role ${name}`)
    onDone()
  }
  const form = useRecordForm<Values, Role>({
    tagged,
    valuesOf: (role) => ({ name: role.name, description: role.description ?? '', mask: role.mask }),
    save,
    readNow: () => readNow(qTagged('/api/roles/{roleId}', { path: { roleId: record.id }, query: scope })),
    labels: { mask: 'Limits' },
    what: 'save the role',
    fieldOf: { name_taken: 'name' },
  })
  return (
    <FormShell form={form} opened act="Save details" onCancel={onDone} onReload={reload}>
      <TextField name="name" label="Name" required />
      <LongTextField name="description" label="Description" />
      <MaskField name="mask" own={own} />
    </FormShell>
  )
}
