// A new role: its name and reach. What it permits is set on its own page, which comes next.
import { SimpleGrid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useWatch } from 'react-hook-form'
import { api, intents, send } from '../../api/client'
import { invalidate, q } from '../../api/queries'
import { WHOLE_MASK } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { permissionsQuery, useMay } from '../../app/rights'
import { NO_ENTERPRISE, pages, placePath } from '../../paths'
import { LongTextField, SelectField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { MaskField } from './MaskField'

type Values = { name: string; description: string; productId: string; serviceId: string; mask: number }

export default function NewRolePage() {
  const own = useQuery(permissionsQuery)
  return (
    <Page title="Create role" up={[{ label: 'Roles', to: pages.roles }]}>
      <Loaded query={own} what="load your own rights">
        {(mine) => <RoleForm own={mine.mask} />}
      </Loaded>
    </Page>
  )
}

function RoleForm({ own }: { own: number }) {
  const place = usePlace()
  const navigate = useNavigate()
  const may = useMay()
  const [intent] = useState(intents)
  const homeless = place.enterpriseId === NO_ENTERPRISE
  const form = useServerForm<Values>({
    defaults: { name: '', description: '', productId: '', serviceId: '', mask: own & WHOLE_MASK },
    what: 'create the role',
    fieldOf: { name_taken: 'name' },
    submit: async ({ name, description, productId, serviceId, mask }) => {
      const body = {
        accountId: place.accountId,
        enterpriseId: place.enterpriseId,
        name,
        description: orNull(description),
        productId: orNull(productId),
        serviceId: orNull(serviceId),
        mask,
      }
      const header = { 'Idempotency-Key': intent.keyOf(body) }
      const role = await send(api.POST('/api/roles', { body, params: { header } }))
      intent.done()
      notifyDone(`Created the role ${role.name}`)
      void invalidate('/api/roles')
      await navigate({ to: placePath(place, pages.role(role.id)) })
    },
  })
  const refused =
    may('roles_create').reason ??
    (homeless ? 'This account has no enterprise yet. It gets one with its first license.' : undefined)
  return (
    <Section>
      <FormShell
        form={form}
        act="Create role"
        refused={refused}
        onCancel={() => void navigate({ to: placePath(place, pages.roles) })}
      >
        <TextField name="name" label="Name" required description="Unique in this enterprise." />
        <LongTextField name="description" label="Description" />
        {!homeless && <LimitFields enterpriseId={place.enterpriseId} />}
        <MaskField name="mask" own={own} />
      </FormShell>
    </Section>
  )
}

/** A role can be limited to one product, and to one service of it. */
function LimitFields({ enterpriseId }: { enterpriseId: string }) {
  const enterprise = useQuery(q('/api/enterprises/{enterpriseId}', { path: { enterpriseId } }))
  const productId = useWatch({ name: 'productId' }) as string
  const products = enterprise.data?.products ?? []
  const services = products
    .filter((one) => !productId || one.id === productId)
    .flatMap((one) => one.services)
    .filter((one, place, all) => all.findIndex((other) => other.id === one.id) === place)
  const choice = (one: { id: string; name: string }) => ({ value: one.id, label: one.name })
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <SelectField
        name="productId"
        label="Product"
        description="Limits the role to one product."
        choices={products.map(choice)}
        placeholder="All products"
        clearable
      />
      <SelectField
        name="serviceId"
        label="Service"
        description="Limits the role to one service of the product."
        choices={services.map(choice)}
        placeholder="All services"
        clearable
      />
    </SimpleGrid>
  )
}
