// One enterprise: made here, and changed here, with what it is linked to.
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

type Enterprise = Answer<'/api/enterprises/{enterpriseId}'>
type Values = { name: string; description: string; productIds: string[] }
const UP = [{ label: 'Enterprises', to: pages.enterprises }]

export default function EnterprisePage() {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <Existing id={id} /> : <New />
}

function New() {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm({
    defaults: { name: '', description: '', productIds: [] as string[] },
    what: 'create the enterprise',
    fieldOf: { name_taken: 'name' },
    submit: async ({ name, description, productIds }) => {
      const body = { name, description: orNull(description), productIds }
      const made = await send(
        api.POST('/api/enterprises', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }),
      )
      intent.done()
      await invalidate('/api/enterprises')
      notifyDone(`Enterprise ${made.name} is created`)
      await navigate({ to: placePath(place, pages.enterprises), ignoreBlocker: true })
    },
  })
  const refused = useMay()('enterprises_create').reason
  return (
    <Page title="Create enterprise" up={UP}>
      <Section>
        <FormShell
          form={form}
          act="Create enterprise"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.enterprises) })}
        >
          <Fields />
        </FormShell>
      </Section>
    </Page>
  )
}

function Existing({ id }: { id: string }) {
  const query = useQuery(qTagged('/api/enterprises/{enterpriseId}', { path: { enterpriseId: id } }))
  return (
    <Loaded query={query} what="load the enterprise" noun="enterprise">
      {({ record, tag }) => (
        <Edit key={tag} enterprise={record} tag={tag} reload={() => query.refetch({ throwOnError: true })} />
      )}
    </Loaded>
  )
}

function Edit({ enterprise, tag, reload }: { enterprise: Enterprise; tag: string; reload: () => Promise<unknown> }) {
  const save = async ({ name, description, productIds }: Values, version: string) => {
    const body = { name, description: orNull(description), productIds }
    const params = { path: { enterpriseId: enterprise.id }, header: { 'If-Match': version } }
    await send(api.PUT('/api/enterprises/{enterpriseId}', { body, params }))
    notifyDone(`Enterprise ${name} is saved`)
    await invalidate('/api/enterprises/{enterpriseId}', '/api/enterprises')
  }
  const form = useServerForm({
    defaults: {
      name: enterprise.name,
      description: enterprise.description ?? '',
      productIds: enterprise.productIds,
    } as Values,
    what: 'save the enterprise',
    fieldOf: { name_taken: 'name' },
    submit: (values) => save(values, tag),
  })
  const refused =
    useMay()('enterprises_update').reason ??
    (enterprise.builtIn ? 'It is the platform’s own and can’t be changed.' : undefined)
  const overwrite = async () => {
    await save(trimmed(form.getValues()), '*').catch(form.refuse)
  }
  return (
    <Page title={enterprise.name} up={UP}>
      <Stack gap="md">
        <Section title="Enterprise">
          <FormShell form={form} act="Save" refused={refused} onReload={reload} onOverwrite={overwrite}>
            <Fields disabled={refused !== undefined} />
          </FormShell>
        </Section>
        <Section title="Record">
          <Facts
            of={[
              ['Id', <CopyId id={enterprise.id} what="enterprise id" whole />],
              ['Created', <At at={enterprise.createdAt} />],
              ['Changed', <At at={enterprise.updatedAt} />],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  )
}

function Fields({ disabled = false }: { disabled?: boolean }) {
  const linked = useQuery(allOf('/api/products')).data
  return (
    <>
      <TextField name="name" label="Name" required disabled={disabled} />
      <LongTextField name="description" label="Description" disabled={disabled} />
      <ManyField
        name="productIds"
        label="Products"
        description="What can be licensed with it. A link that a license stands on can’t be taken away."
        choices={choices(linked)}
        nothing="No products to choose from: create some first"
        disabled={disabled}
      />
    </>
  )
}
