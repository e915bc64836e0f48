// The groups and the workstreams that a person is in, each list replaced as a whole.
import { Group as Row, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Tagged, api, send } from '../../api/client'
import { invalidate, qTagged, queries, readNow } from '../../api/queries'
import { usePlace } from '../../app/place'
import type { OperationId } from '../../app/rights'
import { words } from '../../format'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { FormShell } from '../../ui/form'
import { useRecordForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone } from '../../ui/notify'
import { Loaded, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { type User, nameOf } from './acts'
import { MAX_LINKS } from './NewUserPage'
import type { Named } from './sources'

type Listed = { items: Named[] }

export function UserGroups({ user }: { user: User }) {
  const { scope } = usePlace()
  const [editing, setEditing] = useState<Tagged<Listed>>()
  const read = qTagged('/api/users/{userId}/groups', { path: { userId: user.id }, query: scope })
  const groups = useQuery(read)
  const form = (tagged: Tagged<Listed>) => (
    <LinksForm
      key={tagged.tag}
      tagged={tagged}
      readNow={() => readNow(read)}
      reload={async () => setEditing(await queries.fetchQuery({ ...read, staleTime: 0 }))}
      what="change the groups"
      pointer="/groupIds"
      onDone={() => setEditing(undefined)}
      save={async (groupIds, tag, confirm) => {
        const query = { ...scope, ...(confirm ? { confirm } : {}) }
        const params = { path: { userId: user.id }, query, header: { 'If-Match': tag } }
        await send(api.PUT('/api/users/{userId}/groups', { params, body: { groupIds } }))
        await invalidate(
          '/api/users/{userId}/groups',
          '/api/users/{userId}',
          '/api/users/{userId}/permissions',
          '/api/groups/{groupId}/users',
          '/api/users/me/permissions',
        )
        notifyDone(`Saved the groups of ${nameOf(user)}`)
      }}
    >
      <LinkedField
        name="ids"
        label="Groups"
        description="You can put people into groups that give no more than you hold."
        placeholder="Choose groups"
        nothing="There is no group of that name"
        most={MAX_LINKS}
        path="/api/groups"
        params={{ query: { accountId: user.accountId, enterpriseId: user.enterpriseId } }}
        operation="groups_list"
        known={tagged.record.items}
      />
    </LinksForm>
  )
  return (
    <Links
      title="Groups"
      intro="Groups give rights."
      act="Change groups"
      operation="users_set_groups"
      editing={editing !== undefined}
      edit={() => setEditing(groups.data)}
    >
      <Loaded query={groups} what="load the groups" rows={1}>
        {({ record: { items } }) =>
          editing ? form(editing) : <Names items={items} to={pages.group} none="In no group, so with no rights yet." />
        }
      </Loaded>
    </Links>
  )
}

export function UserWorkstreams({ user }: { user: User }) {
  const { scope } = usePlace()
  const [editing, setEditing] = useState<Tagged<Listed>>()
  const read = qTagged('/api/users/{userId}/workstreams', { path: { userId: user.id }, query: scope })
  const workstreams = useQuery(read)
  const form = (tagged: Tagged<Listed>) => (
    <LinksForm
      key={tagged.tag}
      tagged={tagged}
      readNow={() => readNow(read)}
      reload={async () => setEditing(await queries.fetchQuery({ ...read, staleTime: 0 }))}
      what="change the workstreams"
      pointer="/workstreamIds"
      onDone={() => setEditing(undefined)}
      save={async (workstreamIds, tag) => {
        const params = { path: { userId: user.id }, query: scope, header: { 'If-Match': tag } }
        await send(api.PUT('/api/users/{userId}/workstreams', { params, body: { workstreamIds } }))
        await invalidate('/api/users/{userId}/workstreams', '/api/users/{userId}')
        notifyDone(`Saved the workstreams of ${nameOf(user)}`)
      }}
    >
      <LinkedField
        name="ids"
        label="Workstreams"
        placeholder="Choose workstreams"
        nothing="There is no workstream of that name"
        most={MAX_LINKS}
        path="/api/workstreams"
        params={{ query: { accountId: user.accountId, enterpriseId: user.enterpriseId } }}
        operation="workstreams_list"
        known={tagged.record.items}
      />
    </LinksForm>
  )
  return (
    <Links
      title="Workstreams"
      act="Change workstreams"
      operation="users_set_workstreams"
      editing={editing !== undefined}
      edit={() => setEditing(workstreams.data)}
    >
      <Loaded query={workstreams} what="load the workstreams" rows={1}>
        {({ record: { items } }) =>
          editing ? form(editing) : <Names items={items} to={pages.workstream} none="In no workstream." />
        }
      </Loaded>
    </Links>
  )
}

type LinksProps = {
  title: string
  intro?: string
  act: string
  operation: OperationId
  editing: boolean
  edit: () => void
  children: ReactNode
}

function Links({ title, intro, act, operation, editing, edit, children }: LinksProps) {
  return (
    <Section
      title={title}
      intro={intro}
      actions={
        !editing && (
          <ActionButton
            operation={operation}
            size="xs"
            variant="default"
            leftSection={<Pencil size={13} aria-hidden />}
            onClick={edit}
          >
            {act}
          </ActionButton>
        )
      }
    >
      {children}
    </Section>
  )
}

function Names({ items, to, none }: { items: Named[]; to: (id: string) => string; none: string }) {
  if (items.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {none}
      </Text>
    )
  }
  return (
    <Row component="ul" gap="md" m={0} p={0} style={{ listStyle: 'none' }}>
      {items.map((one) => (
        <Text key={one.id} component="li" size="sm" className="wrap-anywhere">
          <PlaceLink to={to(one.id)}>{one.name}</PlaceLink>
        </Text>
      ))}
    </Row>
  )
}

type FormProps = {
  tagged: Tagged<Listed>
  readNow: () => Promise<Tagged<Listed>>
  reload: () => Promise<void>
  what: string
  pointer: string
  save: (ids: string[], tag: string, confirm?: string) => Promise<void>
  onDone: () => void
  children: ReactNode
}

function LinksForm({ tagged, readNow: readStored, reload, what, pointer, save, onDone, children }: FormProps) {
  const list = what.split(' ').at(-1)
  const form = useRecordForm<{ ids: string[] }, Listed>({
    tagged,
    valuesOf: ({ items }) => ({ ids: items.map((one) => one.id) }),
    readNow: readStored,
    labels: { ids: words(list ?? '') },
    what,
    fieldAt: (at) => (at.startsWith(pointer) ? 'ids' : undefined),
    save: async ({ ids }, over, confirm) => {
      await save(ids, over.tag, confirm)
      onDone()
    },
  })
  return (
    <FormShell form={form} opened act={`Save ${list}`} onCancel={onDone} onReload={reload}>
      {children}
    </FormShell>
  )
}
