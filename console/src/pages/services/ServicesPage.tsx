// The list of services, the smallest units of a license.
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
import { SERVICE_DELETION, type Service } from './deletion'

export default function ServicesPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Service>()
  const create = (
    <ActionButton operation="services_create" to={placePath(place, pages.newService)}>
      Create service
    </ActionButton>
  )
  return (
    <Page
      title="Services"
      intro="Services make up products. A license names an enterprise, one of its products and one of its services."
      actions={create}
    >
      <DataTable
        noun={['service', 'services']}
        path="/api/services"
        params={{ query: search.name ? { name: search.name } : {} }}
        idOf={(service) => service.id}
        nameOf={(service) => service.name}
        columns={[
          {
            header: 'Name',
            cell: (service) => (
              <PlaceLink to={pages.service(service.id)} clip>
                {service.name}
              </PlaceLink>
            ),
          },
          {
            header: 'Description',
            cell: (service) => <span title={service.description ?? ''}>{service.description ?? '—'}</span>,
          },
          { header: 'Changed', cell: (service) => <Ago at={service.updatedAt} /> },
        ]}
        actions={(service) => [
          { label: 'Edit', icon: <Pencil size={14} aria-hidden />, to: placePath(place, pages.service(service.id)) },
          deleteAction(SERVICE_DELETION, service, () => setDeleting(service)),
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{ text: 'A service is the smallest unit of a license, such as “Deployment”.', action: create }}
      />
      <DeleteRecord deletion={SERVICE_DELETION} record={deleting} onClose={() => setDeleting(undefined)} />
    </Page>
  )
}
