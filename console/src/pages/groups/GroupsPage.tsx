// The groups of an enterprise of an account.
import { Badge, Group as Row, Text } from '@mantine/core'
import { Eye, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { DeleteGroup, notDeletable } from './DeleteGroup'

type Group = components['schemas']['Group']

export default function GroupsPage() {
  const place = usePlace()
  const { search } = useListState()
  const [leaving, setLeaving] = useState<Group>()
  const create = (
    <ActionButton
      operation="groups_create"
      to={placePath(place, pages.newGroup)}
      leftSection={<Plus size={15} aria-hidden />}
    >
      Create group
    </ActionButton>
  )
  return (
    <Page title="Groups" intro="A group gives its roles to everybody who is in it." actions={create}>
      <DataTable
        noun={['group', 'groups']}
        path="/api/groups"
        params={{ query: { ...place.scope, ...(search.name ? { name: search.name } : {}) } }}
        filterKeys={['name']}
        filters={<TextFilter name="name" label="Name" placeholder="The whole name" />}
        idOf={(group) => group.id}
        nameOf={(group) => group.name}
        nothing={{ text: 'Create a group, give it roles, and put people into it.', action: create }}
        columns={[
          {
            header: 'Name',
            cell: (group) => (
              <Row gap={8} wrap="nowrap">
                <PlaceLink to={pages.group(group.id)} clip>
                  {group.name}
                </PlaceLink>
                {group.builtIn && (
                  <Badge variant="default" size="sm" tt="none" fw={500} style={{ flex: 'none' }}>
                    Built in
                  </Badge>
                )}
              </Row>
            ),
          },
          {
            header: 'Description',
            cell: (group) => (
              <Text span size="sm" c="dimmed" title={group.description ?? undefined}>
                {group.description ?? '—'}
              </Text>
            ),
          },
          { header: 'Created', cell: (group) => <Ago at={group.createdAt} /> },
          { header: 'Changed', cell: (group) => <Ago at={group.updatedAt} /> },
        ]}
        actions={(group) => [
          { label: 'Open', icon: <Eye size={14} aria-hidden />, to: placePath(place, pages.group(group.id)) },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'groups_delete',
            refused: notDeletable(group),
            danger: true,
            onClick: () => setLeaving(group),
          },
        ]}
      />
      <DeleteGroup group={leaving} onClose={() => setLeaving(undefined)} />
    </Page>
  )
}
