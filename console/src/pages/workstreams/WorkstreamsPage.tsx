// The list of workstreams in the current account.
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import { DeleteRecord, deleteAction } from '../../ui/DeleteRecord'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Ago } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { useListState } from '../../ui/useListState'
import { WORKSTREAM_DELETION, type Workstream } from './deletion'

export default function WorkstreamsPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Workstream>()
  const ensure = useAction({
    what: 'create the Default workstream',
    run: () => send(api.POST('/api/workstreams/ensure-default', { params: { query: place.scope } })),
    done: ({ name }) => `Workstream ${name} exists`,
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
      intro="A workstream groups users of this account and the tools that they share."
      actions={
        <>
          <ActionButton
            variant="default"
            operation="workstreams_ensure_default"
            loading={ensure.isPending}
            onClick={() => ensure.mutate()}
          >
            Create Default workstream
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
          deleteAction(WORKSTREAM_DELETION, workstream, () => setDeleting(workstream)),
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Contains" />}
        filterKeys={['name']}
        nothing={{ text: 'A workstream groups users and the tools that they share.', action: create }}
      />
      <DeleteRecord deletion={WORKSTREAM_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}

function toolsOf(workstream: Workstream): string {
  return workstream.tools.map((one) => one.tool).join(', ')
}
