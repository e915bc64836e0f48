// The list of enterprises, each with its products.
import { Pencil } from 'lucide-react'
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
import { ENTERPRISE_DELETION, type Enterprise } from './deletion'

export default function EnterprisesPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Enterprise>()
  const create = (
    <ActionButton operation="enterprises_create" to={placePath(place, pages.newEnterprise)}>
      Create enterprise
    </ActionButton>
  )
  return (
    <Page title="Enterprises" intro="An account licenses products and services from an enterprise." actions={create}>
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
          deleteAction(ENTERPRISE_DELETION, enterprise, () => setDeleting(enterprise)),
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{
          text: 'An account holds licenses from an enterprise, such as a brand or a division.',
          action: create,
        }}
      />
      <DeleteRecord deletion={ENTERPRISE_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}

function names(enterprise: Enterprise): string {
  return enterprise.products.map((linked) => linked.name).join(', ')
}
