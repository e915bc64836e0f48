// Enterprises: whom products are offered to.
import { Pencil, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import type { Item } from '../../api/queries'
import { usePlace } from '../../app/place'
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

type Enterprise = Item<'/api/enterprises'>

export default function EnterprisesPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Enterprise>()
  const remove = useAction({
    what: 'delete the enterprise',
    run: ({ id }: Enterprise) =>
      send(api.DELETE('/api/enterprises/{enterpriseId}', { params: { path: { enterpriseId: id } } })),
    done: (_, { name }) => `Enterprise ${name} is deleted`,
    changes: ['/api/enterprises'],
    showsFailure: true,
  })
  const create = (
    <ActionButton operation="enterprises_create" to={placePath(place, pages.newEnterprise)}>
      Create enterprise
    </ActionButton>
  )
  return (
    <Page
      title="Enterprises"
      intro="Whom products are offered to. An account has licenses of an enterprise, for its products and their services."
      actions={create}
    >
      <DataTable
        noun={['enterprise', 'enterprises']}
        path="/api/enterprises"
        params={{ query: search.name ? { name: search.name } : {} }}
        idOf={(enterprise) => enterprise.id}
        nameOf={(enterprise) => enterprise.name}
        columns={[
          {
            header: 'Name',
            cell: (enterprise) => (
              <PlaceLink to={pages.enterprise(enterprise.id)} clip>
                {enterprise.name}
              </PlaceLink>
            ),
          },
          {
            header: 'Description',
            cell: (enterprise) => <span title={enterprise.description ?? ''}>{enterprise.description ?? '—'}</span>,
          },
          {
            header: 'Products',
            cell: (enterprise) => <span title={names(enterprise)}>{names(enterprise) || '—'}</span>,
          },
          { header: 'Changed', cell: (enterprise) => <Ago at={enterprise.updatedAt} /> },
        ]}
        actions={(enterprise) => [
          {
            label: 'Edit',
            icon: <Pencil size={14} aria-hidden />,
            to: placePath(place, pages.enterprise(enterprise.id)),
          },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'enterprises_delete',
            refused: enterprise.builtIn ? 'It is the platform’s own.' : undefined,
            danger: true,
            onClick: () => setDeleting(enterprise),
          },
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{
          text: 'An enterprise is what accounts hold licenses of, such as a brand or a division.',
          action: create,
        }}
      />
      <Confirm
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete enterprise ${deleting?.name ?? ''}`}
        act="Delete enterprise"
        what="delete the enterprise"
        run={() => (deleting ? remove.mutateAsync(deleting) : Promise.resolve())}
      >
        Its links go with it. An enterprise that a license names can’t be deleted.
      </Confirm>
    </Page>
  )
}

function names(enterprise: Enterprise): string {
  return enterprise.products.map((linked) => linked.name).join(', ')
}
