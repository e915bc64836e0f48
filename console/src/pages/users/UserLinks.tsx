// The groups and the workstreams that a person is in, each list replaced as a whole.
import { Group as Row, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Pencil } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { api, send } from '../../api/client'
import { invalidate, q } from '../../api/queries'
import { usePlace } from '../../app/place'
import type { OperationId } from '../../app/rights'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { FormShell } from '../../ui/form'
import { useServerForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone } from '../../ui/notify'
import { Loaded, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { type User, nameOf } from './acts'
import { MAX_LINKS } from './NewUserPage'
import type { Named } from './sources'

export function UserGroups({ user }: { user: User }) {
  const { scope } = usePlace()
  const [editing, setEditing] = useState(false)
  const groups = useQuery(q('/api/users/{userId}/groups', { path: { userId: user.id }, query: scope }))
  const form = (items: Named[]) => (
    <LinksForm
      items={items}
      what="change the groups"
      pointer="/groupIds"
      onDone={() => setEditing(false)}
      save={async (groupIds) => {
        const params = { path: { userId: user.id }, query: scope }
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
        known={items}
      />
    </LinksForm>
  )
  return (
    <Links
      title="Groups"
      intro="Groups give rights."
      act="Change groups"
      operation="users_set_groups"
      {...{ editing, setEditing }}
    >
      <Loaded query={groups} what="load the groups" rows={1}>
        {({ items }) =>
          editing ? form(items) : <Names items={items} to={pages.group} none="In no group, so with no rights yet." />
        }
      </Loaded>
    </Links>
  )
}

export function UserWorkstreams({ user }: { user: User }) {
  const { scope } = usePlace()
  const [editing, setEditing] = useState(false)
  const workstreams = useQuery(q('/api/users/{userId}/workstreams', { path: { userId: user.id }, query: scope }))
  const form = (items: Named[]) => (
    <LinksForm
      items={items}
      what="change the workstreams"
      pointer="/workstreamIds"
      onDone={() => setEditing(false)}
      save={async (workstreamIds) => {
        const params = { path: { userId: user.id }, query: scope }
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
        known={items}
      />
    </LinksForm>
  )
  return (
    <Links title="Workstreams" act="Change workstreams" operation="users_set_workstreams" {...{ editing, setEditing }}>
      <Loaded query={workstreams} what="load the workstreams" rows={1}>
        {({ items }) =>
          editing ? form(items) : <Names items={items} to={pages.workstream} none="In no workstream." />
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
  setEditing: (editing: boolean) => void
  children: ReactNode
}

function Links({ title, intro, act, operation, editing, setEditing, children }: LinksProps) {
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
            onClick={() => setEditing(true)}
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
  items: Named[]
  what: string
  pointer: string
  save: (ids: string[]) => Promise<void>
  onDone: () => void
  children: ReactNode
}

function LinksForm({ items, what, pointer, save, onDone, children }: FormProps) {
  const form = useServerForm<{ ids: string[] }>({
    defaults: { ids: items.map((one) => one.id) },
    what,
    fieldAt: (at) => (at.startsWith(pointer) ? 'ids' : undefined),
    submit: async ({ ids }) => {
      await save(ids)
      onDone()
    },
  })
  return (
    <FormShell form={form} opened act={`Save ${what.split(' ').at(-1)}`} onCancel={onDone}>
      {children}
    </FormShell>
  )
}
