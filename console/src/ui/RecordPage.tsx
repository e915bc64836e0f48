// The page of one record, for every kind of record: creates a new one, or shows one, saves its changes and deletes it.
import { Stack } from '@mantine/core'
import { type UseQueryOptions, useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { type ComponentType, useState } from 'react'
import type { DefaultValues, FieldPath, FieldValues } from 'react-hook-form'
import { type Tagged, intents } from '../api/client'
import { type GetPath, invalidate, readNow } from '../api/queries'
import { type Scope, usePlace } from '../app/place'
import { type OperationId, useMay } from '../app/rights'
import { words } from '../format'
import { placePath } from '../paths'
import { CopyId } from './Copy'
import { DeleteButton, type Deletion, type NamedRecord } from './DeleteRecord'
import { Facts } from './Facts'
import { LongTextField } from './fields'
import { FormShell } from './form'
import { notifyDone } from './notify'
import { Loaded, Page, Section } from './Page'
import { useRecordForm, useServerForm } from './serverForm'
import { TextField } from './textFields'
import { At } from './Time'

type StoredRecord = NamedRecord & { createdAt: string; updatedAt: string }

type RecordValues = FieldValues & { name: string }

/** What the page knows about one kind of record. Its noun, right to delete and dependent queries are in its deletion. */
export type RecordKind<Stored extends StoredRecord, Values extends RecordValues> = {
  list: { label: string; to: string }
  /** The address of one record in the API. */
  path: GetPath
  read: (id: string, scope: Scope) => UseQueryOptions<Tagged<Stored>>
  /** The form of a new record. */
  empty: DefaultValues<Values>
  valuesOf: (record: Stored) => Values
  /** Turns a pointer of a refusal into a field of the form, where the two differ. */
  fieldAt?: (pointer: string) => FieldPath<Values> | undefined
  create: {
    operation: OperationId
    send: (values: Values, header: { 'Idempotency-Key': string }, scope: Scope) => Promise<NamedRecord>
  }
  update: {
    operation: OperationId
    send: (id: string, values: Values, header: { 'If-Match': string }, scope: Scope) => Promise<unknown>
    /** Why this record can't be changed. */
    refused?: (record: Stored) => string | undefined
  }
  deletion: Deletion<Stored>
  /** The fields of the form, for a new record and an existing one. */
  Fields: ComponentType<{ disabled: boolean }>
}

export function RecordPage<Stored extends StoredRecord, Values extends RecordValues>({
  kind,
}: {
  kind: RecordKind<Stored, Values>
}) {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <ExistingRecord kind={kind} id={id} /> : <NewRecord kind={kind} />
}

function NewRecord<Stored extends StoredRecord, Values extends RecordValues>({
  kind,
}: {
  kind: RecordKind<Stored, Values>
}) {
  const { noun, changes } = kind.deletion
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm<Values>({
    defaults: kind.empty,
    what: `create the ${noun}`,
    fieldOf: { name_taken: 'name' as FieldPath<Values> },
    fieldAt: kind.fieldAt,
    submit: async (values) => {
      const header = { 'Idempotency-Key': intent.keyOf([place.scope, values]) }
      const { name } = await kind.create.send(values, header, place.scope)
      intent.done()
      await invalidate(...changes)
      notifyDone(`${words(noun)} ${name} is created`)
      await navigate({ to: placePath(place, kind.list.to), ignoreBlocker: true })
    },
  })
  const refused = useMay()(kind.create.operation).reason
  return (
    <Page title={`Create ${noun}`} up={[kind.list]}>
      <Section>
        <FormShell
          form={form}
          act={`Create ${noun}`}
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, kind.list.to) })}
        >
          <kind.Fields disabled={false} />
        </FormShell>
      </Section>
    </Page>
  )
}

function ExistingRecord<Stored extends StoredRecord, Values extends RecordValues>({
  kind,
  id,
}: {
  kind: RecordKind<Stored, Values>
  id: string
}) {
  const { noun } = kind.deletion
  const { scope } = usePlace()
  const query = useQuery(kind.read(id, scope))
  return (
    <Loaded query={query} what={`load the ${noun}`} noun={noun}>
      {({ record, tag }) => (
        <Page
          title={record.name}
          up={[kind.list]}
          actions={<DeleteButton deletion={kind.deletion} record={record} list={kind.list.to} />}
        >
          <Stack gap="md">
            <Section title={words(noun)}>
              <EditForm
                key={`${record.id} ${tag}`}
                kind={kind}
                record={record}
                tag={tag}
                readNow={() => readNow<Tagged<Stored>>(kind.read(id, scope))}
                reload={() => query.refetch({ throwOnError: true })}
              />
            </Section>
            <Section title="Details">
              <Facts
                of={[
                  ['Id', <CopyId id={record.id} what={`${noun} id`} whole />],
                  ['Created', <At at={record.createdAt} />],
                  ['Changed', <At at={record.updatedAt} />],
                ]}
              />
            </Section>
          </Stack>
        </Page>
      )}
    </Loaded>
  )
}

function EditForm<Stored extends StoredRecord, Values extends RecordValues>({
  kind,
  record,
  tag,
  readNow: readStored,
  reload,
}: {
  kind: RecordKind<Stored, Values>
  record: Stored
  tag: string
  readNow: () => Promise<Tagged<Stored>>
  reload: () => Promise<unknown>
}) {
  const { noun, changes } = kind.deletion
  const { scope } = usePlace()
  const save = async (values: Values, over: Tagged<Stored>) => {
    await kind.update.send(record.id, values, { 'If-Match': over.tag }, scope)
    notifyDone(`${words(noun)} ${values.name} is saved`)
    await invalidate(kind.path, ...changes)
  }
  const form = useRecordForm<Values, Stored>({
    tagged: { record, tag },
    valuesOf: kind.valuesOf,
    save,
    readNow: readStored,
    what: `save the ${noun}`,
    fieldOf: { name_taken: 'name' as FieldPath<Values> },
    fieldAt: kind.fieldAt,
  })
  const refused = useMay()(kind.update.operation).reason ?? kind.update.refused?.(record)
  return (
    <FormShell form={form} act="Save" refused={refused} onReload={reload}>
      <kind.Fields disabled={refused !== undefined} />
    </FormShell>
  )
}

/** The fields that most records begin with. */
export function NameAndDescription({ disabled }: { disabled: boolean }) {
  return (
    <>
      <TextField name="name" label="Name" required disabled={disabled} />
      <LongTextField name="description" label="Description" disabled={disabled} />
    </>
  )
}
