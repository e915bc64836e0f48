// The workstreams of the account that one is in: what people work on, and the tools for it.
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import type { Item } from '../../api/queries'
import { usePlace } from '../../app/place'
import { count } from '../../format'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Confirm } from '../../ui/Confirm'
import { DataTable } from '../../ui/DataTable'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { useListState } from '../../ui/useListState'

type Workstream = Item<'/api/workstreams'>

export default function WorkstreamsPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Workstream>()
  const remove = useAction({
    what: 'delete the workstream',
    run: ({ id }: Workstream) =>
      send(
        api.DELETE('/api/workstreams/{workstreamId}', { params: { path: { workstreamId: id }, query: place.scope } }),
      ),
    done: (_, { name }) => `Workstream ${name} is deleted`,
    changes: ['/api/workstreams', '/api/users/{userId}/workstreams'],
    showsFailure: true,
  })
  const ensure = useAction({
    what: 'make the Default workstream',
    run: () => send(api.POST('/api/workstreams/ensure-default', { params: { query: place.scope } })),
    done: ({ name }) => `Workstream ${name} is there`,
    changes: ['/api/workstreams'],
  })
  const create = (
    <ActionButton operation="workstreams_create" to={placePath(place, pages.newWorkstream)}>
      Create workstream
    </ActionButton>
  )
  return (
    <Page
      title="Workstreams"
      intro="What people of this account work on, each with its tools."
      actions={
        <>
          <ActionButton
            variant="default"
            operation="workstreams_ensure_default"
            loading={ensure.isPending}
            onClick={() => ensure.mutate()}
          >
            Make the Default one
          </ActionButton>
          {create}
        </>
      }
    >
      <DataTable
        noun={['workstream', 'workstreams']}
        path="/api/workstreams"
        params={{ query: { ...place.scope, ...(search.name ? { name: search.name } : {}) } }}
        idOf={(workstream) => workstream.id}
        nameOf={(workstream) => workstream.name}
        columns={[
          {
            header: 'Name',
            cell: (workstream) => (
              <PlaceLink to={pages.workstream(workstream.id)} clip>
                {workstream.name}
              </PlaceLink>
            ),
          },
          {
            header: 'Description',
            cell: (workstream) => <span title={workstream.description ?? ''}>{workstream.description ?? '—'}</span>,
          },
          {
            header: 'Tools',
            cell: (workstream) => (
              <span title={toolsOf(workstream)}>{workstream.tools.length > 0 ? toolsOf(workstream) : '—'}</span>
            ),
          },
          { header: 'Changed', cell: (workstream) => <Ago at={workstream.updatedAt} /> },
        ]}
        actions={(workstream) => [
          {
            label: 'Edit',
            icon: <Pencil size={14} aria-hidden />,
            to: placePath(place, pages.workstream(workstream.id)),
          },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'workstreams_delete',
            refused: workstream.builtIn ? 'It comes with the account.' : undefined,
            danger: true,
            onClick: () => setDeleting(workstream),
          },
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{ text: 'A workstream bundles the tools for something that people work on together.', action: create }}
      />
      <Confirm
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete workstream ${deleting?.name ?? ''}`}
        act="Delete workstream"
        what="delete the workstream"
        run={() => (deleting ? remove.mutateAsync(deleting) : Promise.resolve())}
      >
        Everybody is taken out of it
        {deleting && deleting.tools.length > 0
          ? `, and ${count(deleting.tools.length, 'tool goes', 'tools go')} with it`
          : ''}
        .
      </Confirm>
    </Page>
  )
}

function toolsOf(workstream: Workstream): string {
  return workstream.tools.map((one) => one.tool).join(', ')
}
