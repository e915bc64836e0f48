// The page of one group: its details, its roles and its members.
import { Badge, Group as Row } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, sendTagged, type Tagged } from '../../api/client'
import { invalidate, qTagged, queries, readNow } from '../../api/queries'
import { usePlace } from '../../app/place'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { DataTable } from '../../ui/DataTable'
import { DeleteButton } from '../../ui/DeleteRecord'
import { Facts } from '../../ui/Facts'
import { LongTextField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useRecordForm } from '../../ui/serverForm'
import { EnterpriseName } from '../../ui/NameOf'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { At, EndDay } from '../../ui/Time'
import { GROUP_DELETION, type Group } from './deletion'
import { GroupRoles } from './GroupRoles'

export default function GroupPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const { scope } = usePlace()
  const read = qTagged('/api/groups/{groupId}', { path: { groupId: id }, query: scope })
  const group = useQuery(read)
  return (
    <Loaded query={group} what="load the group" noun="group" rows={8}>
      {(tagged) => (
        <Page
          title={tagged.record.name}
          up={[{ label: 'Groups', to: pages.groups }]}
          intro={
            <Row gap={8}>
              <span>Group</span>
              {tagged.record.builtIn && (
                <Badge variant="default" size="sm" tt="none" fw={500}>
                  Built in
                </Badge>
              )}
            </Row>
          }
          actions={<DeleteButton deletion={GROUP_DELETION} record={tagged.record} list={pages.groups} />}
        >
          <Details tagged={tagged} reload={() => queries.fetchQuery({ ...read, staleTime: 0 })} />
          <GroupRoles groupId={id} />
          <Members groupId={id} />
        </Page>
      )}
    </Loaded>
  )
}

type Values = { name: string; description: string }

function Details({ tagged, reload }: { tagged: Tagged<Group>; reload: () => Promise<Tagged<Group>> }) {
  const [editing, setEditing] = useState<Tagged<Group>>()
  const group = tagged.record
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
          operation="groups_update"
          size="xs"
          variant="default"
          leftSection={<Pencil size={13} aria-hidden />}
          onClick={() => setEditing(tagged)}
        >
          Edit details
        </ActionButton>
      }
    >
      <Facts
        columns={3}
        of={[
          ['Description', group.description],
          ['Enterprise', <EnterpriseName key="enterprise" id={group.enterpriseId} />],
          ['Id', <CopyId key="id" id={group.id} what="group id" />],
          ['Created', <At key="created" at={group.createdAt} />],
          ['Changed', <At key="changed" at={group.updatedAt} />],
        ]}
      />
    </Section>
  )
}

function DetailsForm({
  tagged,
  onDone,
  reload,
}: {
  tagged: Tagged<Group>
  onDone: () => void
  reload: () => Promise<void>
}) {
  const { scope } = usePlace()
  const { record } = tagged
  const save = async ({ name, description }: Values, over: Tagged<Group>) => {
    const params = { path: { groupId: record.id }, query: scope, header: { 'If-Match': over.tag } }
    const body = { accountId: scope.accountId, name, description: orNull(description), roleIds: null }
    await sendTagged(api.PUT('/api/groups/{groupId}', { body, params }))
    await invalidate('/api/groups/{groupId}', '/api/groups', '/api/users/{userId}/groups')
    notifyDone(`Saved the group ${name}`)
    onDone()
  }
  const form = useRecordForm<Values, Group>({
    tagged,
    valuesOf: (group) => ({ name: group.name, description: group.description ?? '' }),
    save,
    readNow: () => readNow(qTagged('/api/groups/{groupId}', { path: { groupId: record.id }, query: scope })),
    what: 'save the group',
    fieldOf: { name_taken: 'name' },
  })
  return (
    <FormShell form={form} opened act="Save details" onCancel={onDone} onReload={reload}>
      <TextField
        name="name"
        label="Name"
        required
        disabled={record.builtIn}
        description={record.builtIn ? 'This group is the platform’s own. Its name can’t be changed.' : undefined}
      />
      <LongTextField name="description" label="Description" />
    </FormShell>
  )
}

function Members({ groupId }: { groupId: string }) {
  const { scope } = usePlace()
  return (
    <Section title="Members" intro="To add or remove a member, open the user’s page." flush>
      <DataTable
        noun={['member', 'members']}
        path="/api/groups/{groupId}/users"
        params={{ path: { groupId }, query: scope }}
        idOf={(user) => user.id}
        nameOf={(user) => `${user.firstName} ${user.lastName}`}
        nothing={{
          text: 'To add a member, open a user and choose this group.',
          action: <PlaceLink to={pages.users}>Users</PlaceLink>,
        }}
        columns={[
          {
            header: 'Name',
            cell: (user) => (
              <PlaceLink to={pages.user(user.id)} clip>
                {`${user.firstName} ${user.lastName}`}
              </PlaceLink>
            ),
          },
          { header: 'E-mail', cell: (user) => user.email },
          { header: 'Status', cell: (user) => <Status of={user.status} /> },
          { header: 'Until', cell: (user) => <EndDay day={user.endDate} /> },
        ]}
      />
    </Section>
  )
}
