// One service: made here, and changed here.
import { Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { api, intents, send } from '../../api/client'
import { type Answer, invalidate, qTagged } from '../../api/queries'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { pages, placePath } from '../../paths'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { LongTextField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { At } from '../../ui/Time'

type Service = Answer<'/api/services/{serviceId}'>
const UP = [{ label: 'Services', to: pages.services }]

export default function ServicePage() {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <Existing id={id} /> : <New />
}

function New() {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm({
    defaults: { name: '', description: '' },
    what: 'create the service',
    fieldOf: { name_taken: 'name' },
    submit: async ({ name, description }) => {
      const body = { name, description: orNull(description) }
      const made = await send(
        api.POST('/api/services', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }),
      )
      intent.done()
      await invalidate('/api/services')
      notifyDone(`Service ${made.name} is created`)
      await navigate({ to: placePath(place, pages.services), ignoreBlocker: true })
    },
  })
  const refused = useMay()('services_create').reason
  return (
    <Page title="Create service" up={UP}>
      <Section>
        <FormShell
          form={form}
          act="Create service"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.services) })}
        >
          <Fields />
        </FormShell>
      </Section>
    </Page>
  )
}

function Existing({ id }: { id: string }) {
  const query = useQuery(qTagged('/api/services/{serviceId}', { path: { serviceId: id } }))
  return (
    <Loaded query={query} what="load the service" noun="service">
      {({ record, tag }) => (
        <Edit key={tag} service={record} tag={tag} reload={() => query.refetch({ throwOnError: true })} />
      )}
    </Loaded>
  )
}

function Edit({ service, tag, reload }: { service: Service; tag: string; reload: () => Promise<unknown> }) {
  const save = async (name: string, description: string, version: string) => {
    const body = { name, description: orNull(description) }
    const params = { path: { serviceId: service.id }, header: { 'If-Match': version } }
    await send(api.PUT('/api/services/{serviceId}', { body, params }))
    notifyDone(`Service ${name} is saved`)
    await invalidate('/api/services/{serviceId}', '/api/services', '/api/products', '/api/enterprises')
  }
  const form = useServerForm({
    defaults: { name: service.name, description: service.description ?? '' },
    what: 'save the service',
    fieldOf: { name_taken: 'name' },
    submit: ({ name, description }) => save(name, description, tag),
  })
  const refused =
    useMay()('services_update').reason ??
    (service.builtIn ? 'It is the platform’s own and can’t be changed.' : undefined)
  const overwrite = async () => {
    const { name, description } = form.getValues()
    await save(name.trim(), description.trim(), '*').catch(form.refuse)
  }
  return (
    <Page title={service.name} up={UP}>
      <Stack gap="md">
        <Section title="Service">
          <FormShell form={form} act="Save" refused={refused} onReload={reload} onOverwrite={overwrite}>
            <Fields disabled={refused !== undefined} />
          </FormShell>
        </Section>
        <Section title="Record">
          <Facts
            of={[
              ['Id', <CopyId id={service.id} what="service id" whole />],
              ['Created', <At at={service.createdAt} />],
              ['Changed', <At at={service.updatedAt} />],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  )
}

function Fields({ disabled = false }: { disabled?: boolean }) {
  return (
    <>
      <TextField name="name" label="Name" required disabled={disabled} />
      <LongTextField name="description" label="Description" disabled={disabled} />
    </>
  )
}
