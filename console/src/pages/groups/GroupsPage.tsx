// The list of groups in one enterprise of an account.
import { Badge, Group as Row, Text } from '@mantine/core'
import { Eye, Plus } from 'lucide-react'
import { useState } from 'react'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { DeleteRecord, deleteAction } from '../../ui/DeleteRecord'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import { GROUP_DELETION, type Group } from './deletion'

export default function GroupsPage() {
  const place = usePlace()
  const { search } = useListState()
  const [deleting, setDeleting] = useState<Group>()
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
    <Page title="Groups" intro="A group gives its roles to its members." actions={create}>
      <DataTable
        noun={['group', 'groups']}
        path="/api/groups"
        params={{ query: { ...place.scope, ...(search.name ? { name: search.name } : {}) } }}
        filterKeys={['name']}
        filters={<TextFilter name="name" label="Name" placeholder="Contains" />}
        idOf={(group) => group.id}
        nameOf={(group) => group.name}
        nothing={{ text: 'Create a group, assign roles to it, and add users as members.', action: create }}
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
          deleteAction(GROUP_DELETION, group, () => setDeleting(group)),
        ]}
      />
      <DeleteRecord deletion={GROUP_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}
