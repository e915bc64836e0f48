// The roles of an enterprise of an account.
import { Badge, Group } from '@mantine/core'
import { Eye, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { components } from '../../api/schema.gen'
import { maskInWords } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { TextFilter } from '../../ui/Filters'
import { ProductName, ServiceName } from '../../ui/NameOf'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { DeleteRole, notDeletable } from './DeleteRole'

type Role = components['schemas']['Role']

export default function RolesPage() {
  const place = usePlace()
  const { search } = useListState()
  const [leaving, setLeaving] = useState<Role>()
  const create = (
    <ActionButton
      operation="roles_create"
      to={placePath(place, pages.newRole)}
      leftSection={<Plus size={15} aria-hidden />}
    >
      Create role
    </ActionButton>
  )
  return (
    <Page title="Roles" intro="A role is a set of rights. Groups give roles to their members." actions={create}>
      <DataTable
        noun={['role', 'roles']}
        path="/api/roles"
        params={{ query: { ...place.scope, ...(search.name ? { name: search.name } : {}) } }}
        filterKeys={['name']}
        filters={<TextFilter name="name" label="Name" placeholder="The whole name" />}
        idOf={(role) => role.id}
        nameOf={(role) => role.name}
        nothing={{ text: 'Create a role to say what the members of a group may see and do.', action: create }}
        columns={[
          {
            header: 'Name',
            cell: (role) => (
              <Group gap={8} wrap="nowrap">
                <PlaceLink to={pages.role(role.id)} clip>
                  {role.name}
                </PlaceLink>
                {role.builtIn && (
                  <Badge variant="default" size="sm" tt="none" fw={500} style={{ flex: 'none' }}>
                    Built in
                  </Badge>
                )}
              </Group>
            ),
          },
          { header: 'Kind', cell: (role) => (role.kind === 'platform' ? 'Platform' : 'Tenant') },
          { header: 'Made for', cell: (role) => <MadeFor role={role} /> },
          { header: 'Scope', cell: (role) => <span title={maskInWords(role.mask)}>{maskInWords(role.mask)}</span> },
          { header: 'Changed', cell: (role) => <Ago at={role.updatedAt} /> },
        ]}
        actions={(role) => [
          { label: 'Open', icon: <Eye size={14} aria-hidden />, to: placePath(place, pages.role(role.id)) },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'roles_delete',
            refused: notDeletable(role),
            danger: true,
            onClick: () => setLeaving(role),
          },
        ]}
      />
      <DeleteRole role={leaving} onClose={() => setLeaving(undefined)} />
    </Page>
  )
}

export function MadeFor({ role }: { role: Role }) {
  if (!role.productId && !role.serviceId) return <>Every product</>
  return (
    <>
      {role.productId && <ProductName id={role.productId} />}
      {role.productId && role.serviceId && ' / '}
      {role.serviceId && <ServiceName id={role.serviceId} />}
    </>
  )
}
