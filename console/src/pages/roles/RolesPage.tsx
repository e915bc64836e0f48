// The list of roles in one enterprise of an account.
import { Badge, Group } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Copy, Eye, GitCompare, Plus } from 'lucide-react'
import { useState } from 'react'
import { maskInWords } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { DeleteRecord, deleteAction } from '../../ui/DeleteRecord'
import { TextFilter } from '../../ui/Filters'
import { ProductName, ServiceName } from '../../ui/NameOf'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { ROLE_DELETION, type Role } from './deletion'

export default function RolesPage() {
  const place = usePlace()
  const navigate = useNavigate()
  const { search } = useListState()
  const [deleting, setDeleting] = useState<Role>()
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
    <Page
      title="Roles"
      intro="A role is a set of rights. Groups give roles to their members."
      actions={
        <>
          <ActionButton
            operation="roles_permissions"
            variant="default"
            to={placePath(place, pages.compareRoles)}
            leftSection={<GitCompare size={15} aria-hidden />}
          >
            Compare roles
          </ActionButton>
          {create}
        </>
      }
    >
      <DataTable
        noun={['role', 'roles']}
        path="/api/roles"
        params={{ query: { ...place.scope, ...(search.name ? { name: search.name } : {}) } }}
        filterKeys={['name']}
        filters={<TextFilter name="name" label="Name" placeholder="Contains" />}
        idOf={(role) => role.id}
        nameOf={(role) => role.name}
        nothing={{ text: 'Create a role to define what members of a group can see and do.', action: create }}
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
          { header: 'Limited to', cell: (role) => <LimitedTo role={role} /> },
          {
            header: 'Limits',
            cell: (role) => <span title={maskInWords(role.mask)}>{maskInWords(role.mask)}</span>,
          },
          { header: 'Changed', cell: (role) => <Ago at={role.updatedAt} /> },
        ]}
        actions={(role) => [
          { label: 'Open', icon: <Eye size={14} aria-hidden />, to: placePath(place, pages.role(role.id)) },
          {
            label: 'Duplicate',
            icon: <Copy size={14} aria-hidden />,
            operation: 'roles_create',
            onClick: () => void navigate({ to: placePath(place, pages.newRole), search: { from: role.id } }),
          },
          {
            label: 'Compare',
            icon: <GitCompare size={14} aria-hidden />,
            operation: 'roles_permissions',
            onClick: () => void navigate({ to: placePath(place, pages.compareRoles), search: { one: role.id } }),
          },
          deleteAction(ROLE_DELETION, role, () => setDeleting(role)),
        ]}
      />
      <DeleteRecord deletion={ROLE_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}

export function LimitedTo({ role }: { role: Role }) {
  if (!role.productId && !role.serviceId) return <>All products</>
  return (
    <>
      {role.productId && <ProductName id={role.productId} />}
      {role.productId && role.serviceId && ' / '}
      {role.serviceId && <ServiceName id={role.serviceId} />}
    </>
  )
}
