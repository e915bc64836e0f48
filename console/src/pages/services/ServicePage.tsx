// The page of one service.
import { api, send } from '../../api/client'
import { qTagged } from '../../api/queries'
import { pages } from '../../paths'
import { builtIn } from '../../ui/builtIn'
import { NameAndDescription, type RecordKind, RecordPage } from '../../ui/RecordPage'
import { orNull } from '../../ui/serverForm'
import { SERVICE_DELETION, type Service } from './deletion'

type Values = { name: string; description: string }

const SERVICE: RecordKind<Service, Values> = {
  list: { label: 'Services', to: pages.services },
  path: '/api/services/{serviceId}',
  read: (serviceId) => qTagged('/api/services/{serviceId}', { path: { serviceId } }),
  empty: { name: '', description: '' },
  valuesOf: ({ name, description }) => ({ name, description: description ?? '' }),
  create: {
    operation: 'services_create',
    send: (values, header) => send(api.POST('/api/services', { body: bodyOf(values), params: { header } })),
  },
  update: {
    operation: 'services_update',
    send: (serviceId, values, header) => {
      const params = { path: { serviceId }, header }
      return send(api.PUT('/api/services/{serviceId}', { body: bodyOf(values), params }))
    },
    refused: builtIn('service', 'changed'),
  },
  deletion: SERVICE_DELETION,
  Fields: NameAndDescription,
}

export default function ServicePage() {
  return <RecordPage kind={SERVICE} />
}

function bodyOf({ name, description }: Values) {
  return { name, description: orNull(description) }
}
