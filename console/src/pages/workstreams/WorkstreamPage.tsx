// One workstream: made here, and changed here, with its tools.
import { ActionIcon, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { useFieldArray, useFormContext } from 'react-hook-form'
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
import { trimmed, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { At } from '../../ui/Time'
import { type Values, bodyOf, fieldAt, settingProblem, valuesOf } from './tools'

type Workstream = Answer<'/api/workstreams/{workstreamId}'>
const UP = [{ label: 'Workstreams', to: pages.workstreams }]
const MOST_TOOLS = 16

export default function WorkstreamPage() {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <Existing id={id} /> : <New />
}

function New() {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm<Values>({
    defaults: { name: '', description: '', tools: [] },
    what: 'create the workstream',
    fieldOf: { name_taken: 'name' },
    fieldAt,
    submit: async (values) => {
      const body = { ...place.scope, ...bodyOf(values) }
      const made = await send(
        api.POST('/api/workstreams', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }),
      )
      intent.done()
      await invalidate('/api/workstreams')
      notifyDone(`Workstream ${made.name} is created`)
      await navigate({ to: placePath(place, pages.workstreams), ignoreBlocker: true })
    },
  })
  const refused = useMay()('workstreams_create').reason
  return (
    <Page title="Create workstream" up={UP}>
      <Section>
        <FormShell
          form={form}
          act="Create workstream"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.workstreams) })}
        >
          <Fields />
        </FormShell>
      </Section>
    </Page>
  )
}

function Existing({ id }: { id: string }) {
  const { scope } = usePlace()
  const query = useQuery(qTagged('/api/workstreams/{workstreamId}', { path: { workstreamId: id }, query: scope }))
  return (
    <Loaded query={query} what="load the workstream" noun="workstream">
      {({ record, tag }) => (
        <Edit key={tag} workstream={record} tag={tag} reload={() => query.refetch({ throwOnError: true })} />
      )}
    </Loaded>
  )
}

function Edit({ workstream, tag, reload }: { workstream: Workstream; tag: string; reload: () => Promise<unknown> }) {
  const { scope } = usePlace()
  const save = async (values: Values, version: string) => {
    const params = { path: { workstreamId: workstream.id }, query: scope, header: { 'If-Match': version } }
    await send(api.PUT('/api/workstreams/{workstreamId}', { body: bodyOf(values), params }))
    notifyDone(`Workstream ${values.name} is saved`)
    await invalidate('/api/workstreams/{workstreamId}', '/api/workstreams')
  }
  const form = useServerForm<Values>({
    defaults: valuesOf(workstream),
    what: 'save the workstream',
    fieldOf: { name_taken: 'name' },
    fieldAt,
    submit: (values) => save(values, tag),
  })
  const refused = useMay()('workstreams_update').reason
  const overwrite = async () => {
    await save(trimmed(form.getValues()), '*').catch(form.refuse)
  }
  return (
    <Page title={workstream.name} up={UP}>
      <Stack gap="md">
        <Section title="Workstream">
          <FormShell form={form} act="Save" refused={refused} onReload={reload} onOverwrite={overwrite}>
            <Fields disabled={refused !== undefined} />
          </FormShell>
        </Section>
        <Section title="Record">
          <Facts
            of={[
              ['Id', <CopyId id={workstream.id} what="workstream id" whole />],
              ['Created', <At at={workstream.createdAt} />],
              ['Changed', <At at={workstream.updatedAt} />],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  )
}

function Fields({ disabled = false }: { disabled?: boolean }) {
  const { control } = useFormContext<Values>()
  const tools = useFieldArray({ control, name: 'tools' })
  return (
    <>
      <TextField name="name" label="Name" required disabled={disabled} />
      <LongTextField name="description" label="Description" disabled={disabled} />
      <Stack gap="sm">
        <Text size="sm" fw={600}>
          Tools
        </Text>
        {tools.fields.length === 0 && (
          <Text size="sm" c="dimmed">
            No tools yet.
          </Text>
        )}
        {tools.fields.map((tool, place) => (
          <Group key={tool.id} align="flex-start" wrap="nowrap" className="card" p="sm">
            <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ flex: 1 }}>
              <TextField
                name={`tools.${place}.tool`}
                label={`Name of tool ${place + 1}`}
                required
                disabled={disabled}
              />
              <TextField
                name={`tools.${place}.url`}
                label={`Address of tool ${place + 1}`}
                placeholder="https://"
                type="url"
                maxLength={2000}
                disabled={disabled}
              />
              <LongTextField
                name={`tools.${place}.settings`}
                label={`Settings of tool ${place + 1}`}
                description="A line each: name = value. No secrets: whoever sees the workstream sees them."
                disabled={disabled}
                rules={{ validate: { settings: (text) => settingProblem(String(text)) ?? true } }}
              />
            </SimpleGrid>
            <ActionIcon
              variant="subtle"
              color="red.8"
              aria-label={`Remove tool ${place + 1}`}
              disabled={disabled}
              onClick={() => tools.remove(place)}
            >
              <Trash2 size={16} aria-hidden />
            </ActionIcon>
          </Group>
        ))}
        <div>
          <Button
            variant="default"
            size="xs"
            leftSection={<Plus size={14} aria-hidden />}
            disabled={disabled || tools.fields.length >= MOST_TOOLS}
            onClick={() => tools.append({ tool: '', url: '', settings: '' })}
          >
            Add tool
          </Button>
        </div>
      </Stack>
    </>
  )
}
