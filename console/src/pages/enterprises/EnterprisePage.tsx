// The page of one enterprise, with its links to products.
import { useQuery } from '@tanstack/react-query'
import { api, send } from '../../api/client'
import { qTagged } from '../../api/queries'
import { allOf, choices } from '../../app/catalogue'
import { pages } from '../../paths'
import { builtIn } from '../../ui/builtIn'
import { ManyField } from '../../ui/fields'
import { NameAndDescription, type RecordKind, RecordPage } from '../../ui/RecordPage'
import { orNull } from '../../ui/serverForm'
import { ENTERPRISE_DELETION, type Enterprise } from './deletion'

type Values = { name: string; description: string; productIds: string[] }

const ENTERPRISE: RecordKind<Enterprise, Values> = {
  list: { label: 'Enterprises', to: pages.enterprises },
  path: '/api/enterprises/{enterpriseId}',
  read: (enterpriseId) => qTagged('/api/enterprises/{enterpriseId}', { path: { enterpriseId } }),
  empty: { name: '', description: '', productIds: [] },
  valuesOf: ({ name, description, productIds }) => ({ name, description: description ?? '', productIds }),
  create: {
    operation: 'enterprises_create',
    send: (values, header) => send(api.POST('/api/enterprises', { body: bodyOf(values), params: { header } })),
  },
  update: {
    operation: 'enterprises_update',
    send: (enterpriseId, values, header) => {
      const params = { path: { enterpriseId }, header }
      return send(api.PUT('/api/enterprises/{enterpriseId}', { body: bodyOf(values), params }))
    },
    refused: builtIn('enterprise', 'changed'),
  },
  deletion: ENTERPRISE_DELETION,
  Fields,
}

export default function EnterprisePage() {
  return <RecordPage kind={ENTERPRISE} />
}

function bodyOf({ name, description, productIds }: Values) {
  return { name, description: orNull(description), productIds }
}

function Fields({ disabled }: { disabled: boolean }) {
  const linked = useQuery(allOf('/api/products')).data
  return (
    <>
      <NameAndDescription disabled={disabled} />
      <ManyField
        name="productIds"
        label="Products"
        description="What accounts can license from the enterprise. You can’t remove a product that a license uses."
        choices={choices(linked)}
        nothing="No products yet. Create one first."
        disabled={disabled}
      />
    </>
  )
}
