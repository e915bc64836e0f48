// Services: the smallest things that are licensed.
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

type Service = Item<'/api/services'>

export default function ServicesPage() {
  const { search } = useListState()
  const place = usePlace()
  const [deleting, setDeleting] = useState<Service>()
  const remove = useAction({
    what: 'delete the service',
    run: ({ id }: Service) => send(api.DELETE('/api/services/{serviceId}', { params: { path: { serviceId: id } } })),
    done: (_, { name }) => `Service ${name} is deleted`,
    changes: ['/api/services', '/api/products', '/api/enterprises'],
    showsFailure: true,
  })
  const create = (
    <ActionButton operation="services_create" to={placePath(place, pages.newService)}>
      Create service
    </ActionButton>
  )
  return (
    <Page
      title="Services"
      intro="What a product consists of. Products are linked to services, enterprises to products, and licenses name all three."
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
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'services_delete',
            refused: service.builtIn ? 'It is the platform’s own.' : undefined,
            danger: true,
            onClick: () => setDeleting(service),
          },
        ]}
        filters={<TextFilter name="name" label="Name" placeholder="Begins with" />}
        filterKeys={['name']}
        nothing={{ text: 'A service is what a license is for, such as “Deployment”.', action: create }}
      />
      <Confirm
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete service ${deleting?.name ?? ''}`}
        act="Delete service"
        what="delete the service"
        run={() => (deleting ? remove.mutateAsync(deleting) : Promise.resolve())}
      >
        Its links to products go with it. A service that a license names can’t be deleted.
      </Confirm>
    </Page>
  )
}
