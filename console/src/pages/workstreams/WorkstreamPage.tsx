// The page of one workstream, with its tools.
import { ActionIcon, Button, Group, SimpleGrid, Stack, Text } from '@mantine/core'
import { Plus, Trash2 } from 'lucide-react'
import { useFieldArray, useFormContext } from 'react-hook-form'
import { api, send } from '../../api/client'
import { qTagged } from '../../api/queries'
import { pages } from '../../paths'
import { LongTextField } from '../../ui/fields'
import { NameAndDescription, type RecordKind, RecordPage } from '../../ui/RecordPage'
import { TextField } from '../../ui/textFields'
import { WORKSTREAM_DELETION, type Workstream } from './deletion'
import { type Values, bodyOf, fieldAt, settingProblem, valuesOf } from './tools'

const MAX_TOOLS = 16

const WORKSTREAM: RecordKind<Workstream, Values> = {
  list: { label: 'Workstreams', to: pages.workstreams },
  path: '/api/workstreams/{workstreamId}',
  read: (workstreamId, scope) => qTagged('/api/workstreams/{workstreamId}', { path: { workstreamId }, query: scope }),
  empty: { name: '', description: '', tools: [] },
  valuesOf,
  fieldAt,
  create: {
    operation: 'workstreams_create',
    send: (values, header, scope) =>
      send(api.POST('/api/workstreams', { body: { ...scope, ...bodyOf(values) }, params: { header } })),
  },
  update: {
    operation: 'workstreams_update',
    send: (workstreamId, values, header, scope) => {
      const params = { path: { workstreamId }, query: scope, header }
      return send(api.PUT('/api/workstreams/{workstreamId}', { body: bodyOf(values), params }))
    },
  },
  deletion: WORKSTREAM_DELETION,
  Fields,
}

export default function WorkstreamPage() {
  return <RecordPage kind={WORKSTREAM} />
}

function Fields({ disabled }: { disabled: boolean }) {
  const { control } = useFormContext<Values>()
  const tools = useFieldArray({ control, name: 'tools' })
  return (
    <>
      <NameAndDescription disabled={disabled} />
      <Stack gap="sm">
        <Text size="sm" fw={600}>
          Tools
        </Text>
        {tools.fields.length === 0 && (
          <Text size="sm" c="dimmed">
            No tools yet.
          </Text>
        )}
        {tools.fields.map((tool, index) => (
          <Group key={tool.id} align="flex-start" wrap="nowrap" className="card" p="sm">
            <SimpleGrid cols={{ base: 1, sm: 2 }} style={{ flex: 1 }}>
              <TextField
                name={`tools.${index}.tool`}
                label={`Name of tool ${index + 1}`}
                required
                disabled={disabled}
              />
              <TextField
                name={`tools.${index}.url`}
                label={`Address of tool ${index + 1}`}
                placeholder="https://"
                type="url"
                maxLength={2000}
                disabled={disabled}
              />
              <LongTextField
                name={`tools.${index}.settings`}
                label={`Settings of tool ${index + 1}`}
                description="One per line: name = value. Don’t enter secrets: every user of the workstream can read them."
                disabled={disabled}
                rules={{ validate: { settings: (text) => settingProblem(String(text)) ?? true } }}
              />
            </SimpleGrid>
            <ActionIcon
              variant="subtle"
              color="red.8"
              aria-label={`Remove tool ${index + 1}`}
              disabled={disabled}
              onClick={() => tools.remove(index)}
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
            disabled={disabled || tools.fields.length >= MAX_TOOLS}
            onClick={() => tools.append({ tool: '', url: '', settings: '' })}
          >
            Add tool
          </Button>
        </div>
      </Stack>
    </>
  )
}
