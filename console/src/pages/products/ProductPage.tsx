// One product: made here, and changed here, with what it is linked to.
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, intents, send } from '../../api/client'
import { type Answer, invalidate, qTagged } from '../../api/queries'
import { allOf, choices } from '../../app/catalogue'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { pages, placePath } from '../../paths'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { LongTextField, ManyField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, trimmed, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { At } from '../../ui/Time'

type Product = Answer<'/api/products/{productId}'>
type Values = { name: string; description: string; serviceIds: string[] }
const UP = [{ label: 'Products', to: pages.products }]

export default function ProductPage() {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <Existing id={id} /> : <New />
}

function New() {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm({
    defaults: { name: '', description: '', serviceIds: [] as string[] },
    what: 'create the product',
    fieldOf: { name_taken: 'name' },
    submit: async ({ name, description, serviceIds }) => {
      const body = { name, description: orNull(description), serviceIds }
      const made = await send(
        api.POST('/api/products', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }),
      )
      intent.done()
      await invalidate('/api/products')
      notifyDone(`Product ${made.name} is created`)
      await navigate({ to: placePath(place, pages.products), ignoreBlocker: true })
    },
  })
  const refused = useMay()('products_create').reason
  return (
    <Page title="Create product" up={UP}>
      <Section>
        <FormShell
          form={form}
          act="Create product"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.products) })}
        >
          <Fields />
        </FormShell>
      </Section>
    </Page>
  )
}

function Existing({ id }: { id: string }) {
  const query = useQuery(qTagged('/api/products/{productId}', { path: { productId: id } }))
  return (
    <Loaded query={query} what="load the product" noun="product">
      {({ record, tag }) => (
        <Edit key={tag} product={record} tag={tag} reload={() => query.refetch({ throwOnError: true })} />
      )}
    </Loaded>
  )
}

function Edit({ product, tag, reload }: { product: Product; tag: string; reload: () => Promise<unknown> }) {
  const save = async ({ name, description, serviceIds }: Values, version: string) => {
    const body = { name, description: orNull(description), serviceIds }
    const params = { path: { productId: product.id }, header: { 'If-Match': version } }
    await send(api.PUT('/api/products/{productId}', { body, params }))
    notifyDone(`Product ${name} is saved`)
    await invalidate('/api/products/{productId}', '/api/products', '/api/enterprises')
  }
  const form = useServerForm({
    defaults: { name: product.name, description: product.description ?? '', serviceIds: product.serviceIds } as Values,
    what: 'save the product',
    fieldOf: { name_taken: 'name' },
    submit: (values) => save(values, tag),
  })
  const refused =
    useMay()('products_update').reason ??
    (product.builtIn ? 'It is the platform’s own and can’t be changed.' : undefined)
  const overwrite = async () => {
    await save(trimmed(form.getValues()), '*').catch(form.refuse)
  }
  return (
    <Page title={product.name} up={UP}>
      <Stack gap="md">
        <Section title="Product">
          <FormShell form={form} act="Save" refused={refused} onReload={reload} onOverwrite={overwrite}>
            <Fields disabled={refused !== undefined} />
          </FormShell>
        </Section>
        <Section title="Record">
          <Facts
            of={[
              ['Id', <CopyId id={product.id} what="product id" whole />],
              ['Created', <At at={product.createdAt} />],
              ['Changed', <At at={product.updatedAt} />],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  )
}

function Fields({ disabled = false }: { disabled?: boolean }) {
  const linked = useQuery(allOf('/api/services')).data
  return (
    <>
      <TextField name="name" label="Name" required disabled={disabled} />
      <LongTextField name="description" label="Description" disabled={disabled} />
      <ManyField
        name="serviceIds"
        label="Services"
        description="What can be licensed with it. A link that a license stands on can’t be taken away."
        choices={choices(linked)}
        nothing="No services to choose from: create some first"
        disabled={disabled}
      />
    </>
  )
}
