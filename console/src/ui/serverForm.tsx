// What a form does with the server's word: refusals stand at the fields that they name, and nothing typed is lost.
import { Alert, Button, Group, Stack, Text } from '@mantine/core'
import { CircleAlert, GitMerge } from 'lucide-react'
import { type MouseEvent, type ReactNode, useState } from 'react'
import {
  type DefaultValues,
  type FieldPath,
  type FieldValues,
  type UseFormReturn,
  useForm,
  useWatch,
} from 'react-hook-form'
import type { Tagged } from '../api/client'
import { ApiError } from '../api/problem'
import { Effect, confirmationOf } from './Effect'
import { Explanation } from './Failure'
import { type FieldChange, changesBetween, merged } from './merge'

type Options<Values extends FieldValues> = {
  defaults: DefaultValues<Values>
  /** Ends “Could not …”: “create the group”. */
  what: string
  /** Sends what was typed, with the white space around it gone. */
  submit: (values: Values, confirm?: string) => Promise<void>
  /** Where refusals that name no field belong: `{ name_taken: 'name' }`; with words, where the API's do not fit the form. */
  fieldOf?: Partial<Record<string, FieldPath<Values> | { field: FieldPath<Values>; message: string }>>
  /** Where the API's pointers differ from the form's fields: turns `/technicalUser/email` into a field. */
  fieldAt?: (pointer: string) => FieldPath<Values> | undefined
  /** The fields that the server has refused, once what is wrong stands at them. */
  onRefused?: (fields: Array<FieldPath<Values>>) => void
}

export type ServerForm<Values extends FieldValues> = UseFormReturn<Values> & {
  what: string
  /** What failed and stands at no field. */
  failure: unknown
  send: (event?: React.BaseSyntheticEvent) => Promise<void>
  /** Puts a refusal of the server on the fields that it names; what names none is the form's. */
  refuse: (error: unknown) => void
  /** What somebody else has saved while this was edited, and how to save one's own changes on top of it. */
  conflict?: Conflict<Values>
}

type Conflict<Values> = {
  read: Values
  /** Absent as long as it could not be loaded. */
  stored: Values | undefined
  overwrite: () => Promise<void>
  label: (field: string) => string | undefined
}

type RecordOptions<Values extends FieldValues, Stored> = Omit<Options<Values>, 'defaults' | 'submit'> & {
  /** The version that the form is filled from. */
  tagged: Tagged<Stored>
  valuesOf: (record: Stored) => Values
  /** Saves over the version that it is given: the one that the form was filled from, or the one that is stored now. */
  save: (values: Values, over: Tagged<Stored>, confirm?: string) => Promise<void>
  /** Reads what is stored now. What the page shows must not change by it. */
  readNow: () => Promise<Tagged<Stored>>
  /** Names of fields, where the API's own do not read well. */
  labels?: Partial<Record<string, string>>
}

/** The form of a stored record. When somebody else was faster, only what the user changed is laid over their version. */
export function useRecordForm<Values extends FieldValues, Stored>(
  options: RecordOptions<Values, Stored>,
): ServerForm<Values> {
  const { tagged, valuesOf, save, readNow, labels, ...rest } = options
  const [now, setNow] = useState<Tagged<Stored>>()
  const attempt = async (values: Values, over: Tagged<Stored>, confirm?: string) => {
    try {
      await save(values, over, confirm)
    } catch (error) {
      // If this fails, the refusal is still what counts; the next try reads again.
      if (isConflict(error)) setNow(await readNow().catch(() => undefined))
      throw error
    }
  }
  const form = useServerForm<Values>({
    ...rest,
    defaults: valuesOf(tagged.record) as DefaultValues<Values>,
    submit: (values, confirm) => attempt(values, tagged, confirm),
  })
  const overwrite = async () => {
    const { tag, record } = now ?? (await readNow())
    // What nobody has seen is not saved over.
    if (!now) return setNow({ tag, record })
    const mine = trimmed(form.getValues())
    try {
      await attempt(merged(trimmed(valuesOf(tagged.record)), mine, valuesOf(record)), now)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'unreachable') throw error
      form.refuse(error)
    }
  }
  const conflict = {
    read: valuesOf(tagged.record),
    stored: now && valuesOf(now.record),
    overwrite,
    label: (field: string) => labels?.[field],
  }
  return { ...form, conflict }
}

function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.status === 412
}

export function useServerForm<Values extends FieldValues>(options: Options<Values>): ServerForm<Values> {
  const { defaults, what, submit, fieldOf, fieldAt = fieldOfPointer, onRefused } = options
  const form = useForm<Values>({
    defaultValues: defaults,
    mode: 'onSubmit',
    reValidateMode: 'onChange',
    shouldFocusError: true,
  })
  const [failure, setFailure] = useState<unknown>()

  const refuse = (error: unknown) => {
    if (!(error instanceof ApiError)) return setFailure(error)
    const known = error.fields
      .map((one) => ({ field: fieldAt(one.pointer) as FieldPath<Values> | undefined, message: one.message }))
      .filter(
        (one): one is { field: FieldPath<Values>; message: string } =>
          one.field !== undefined && isField(form, one.field),
      )
    const byCode = fieldOf?.[error.code]
    if (typeof byCode === 'object') known.push(byCode)
    else if (byCode) known.push({ field: byCode, message: error.message })
    for (const [place, one] of known.entries())
      form.setError(one.field, { type: 'server', message: one.message }, { shouldFocus: place === 0 })
    // A field's message is not repeated.
    setFailure(known.length > 0 && known.length >= error.fields.length ? undefined : error)
    if (known.length > 0) onRefused?.(known.map((one) => one.field))
  }

  const send = form.handleSubmit(async (values) => {
    setFailure(undefined)
    try {
      await submit(trimmed(values), confirmationOf(failure))
    } catch (error) {
      refuse(error)
    }
  })
  return { ...form, what, failure, send, refuse }
}

/** `/licenses/0/startDate` → `licenses.0.startDate` */
export function fieldOfPointer<Path extends string>(pointer: string): Path | undefined {
  const path = pointer.replace(/^\//, '').replaceAll('/', '.')
  return path === '' ? undefined : (path as Path)
}

/** Every text without the white space around it. */
export function trimmed<Value>(value: Value): Value {
  if (typeof value === 'string') return value.trim() as Value
  if (Array.isArray(value)) return value.map(trimmed) as Value
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, trimmed(one)])) as Value
  }
  return value
}

/** An optional field that was left empty is `null` for the API. */
export function orNull(text: string | null | undefined): string | null {
  return text ? text : null
}

/** Whether the form has it: every field has a value from the beginning, even if that is an empty one. */
function isField<Values extends FieldValues>(form: UseFormReturn<Values>, field: FieldPath<Values>): boolean {
  return form.getValues(field) !== undefined
}

/** What failed, when it stands at no field. A change of somebody else's is a choice, not an error. */
export function FormFailure<Values extends FieldValues>({
  form,
  onReload,
}: {
  form: ServerForm<Values>
  onReload?: (() => Promise<unknown>) | undefined
}) {
  const { failure, what, conflict } = form
  if (failure === undefined) return null
  if (isConflict(failure) && onReload && conflict) {
    return (
      <Meanwhile onReload={onReload} onOverwrite={conflict.overwrite}>
        {conflict.stored && <ConflictChanges form={form} of={{ ...conflict, stored: conflict.stored }} />}
      </Meanwhile>
    )
  }
  if (confirmationOf(failure)) {
    return (
      <Stack gap="xs" align="flex-start">
        <Effect error={failure} />
        <Button size="xs" color="red.8" onClick={() => void form.send()}>
          Save all the same
        </Button>
      </Stack>
    )
  }
  return (
    <Alert
      role="alert"
      color="red"
      icon={<CircleAlert size={18} aria-hidden />}
      title={`Could not ${what}`}
      styles={{ title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }}
    >
      <Explanation error={failure} />
    </Alert>
  )
}

/** What a save would change in the stored record, and which of its changes it keeps. */
function ConflictChanges<Values extends FieldValues>({
  form,
  of: { read, stored, label },
}: {
  form: ServerForm<Values>
  of: Conflict<Values> & { stored: Values }
}) {
  const mine = useWatch({ control: form.control }) as Values
  const result = merged(trimmed(read), trimmed(mine), stored)
  const kept = changesBetween(read, stored, label).filter(
    (theirs) => !changesBetween(stored, result, label).some((one) => one.field === theirs.field),
  )
  return (
    <>
      <FieldChanges title="Your changes to what is stored now" of={changesBetween(stored, result, label)} />
      <FieldChanges title="Their changes, which stay" of={kept} />
    </>
  )
}

function FieldChanges({ title, of }: { title: string; of: FieldChange[] }) {
  if (of.length === 0) return null
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <ul className="diff" aria-label={title}>
        {of.flatMap(({ field, label, before, after }) => [
          <li key={`${field} −`} data-sign="minus">
            − {label}: {before}
          </li>,
          <li key={`${field} +`} data-sign="plus">
            + {label}: {after}
          </li>,
        ])}
      </ul>
    </div>
  )
}

/** Somebody else has saved since this was read: whose version stays is a choice. It stands until one of them is done. */
export function Meanwhile({
  onReload,
  onOverwrite,
  children,
}: {
  onReload: () => Promise<unknown>
  onOverwrite: () => Promise<unknown>
  /** What each of the two changes. */
  children?: ReactNode
}) {
  const [busy, setBusy] = useState<'reload' | 'overwrite'>()
  const [failed, setFailed] = useState<{ what: string; error: unknown }>()
  const reload = async (event: MouseEvent) => {
    const form = event.currentTarget.closest('form')
    if (busy) return
    setBusy('reload')
    setFailed(undefined)
    try {
      await onReload()
      // The button is gone with its question. Who pressed it goes on where the form begins.
      if (form) requestAnimationFrame(() => focusFirst(form.isConnected ? form : document.querySelector('#page form')))
    } catch (error) {
      setFailed({ what: 'load what they saved', error })
    } finally {
      setBusy(undefined)
    }
  }
  const overwrite = async () => {
    if (busy) return
    setBusy('overwrite')
    setFailed(undefined)
    try {
      await onOverwrite()
    } catch (error) {
      setFailed({ what: 'save yours over it', error })
    } finally {
      setBusy(undefined)
    }
  }
  return (
    <Alert
      role="alert"
      color="yellow"
      icon={<GitMerge size={18} aria-hidden />}
      title="Somebody else has changed this meanwhile"
      styles={{ title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap={8} align="flex-start">
        <Text size="sm">Your changes are still here. Load what they saved, or save your changes on top of it.</Text>
        {children}
        <Group gap="xs">
          <Button size="xs" variant="default" loading={busy === 'reload'} onClick={reload}>
            Load theirs
          </Button>
          <Button size="xs" variant="default" loading={busy === 'overwrite'} onClick={overwrite}>
            Save mine over it
          </Button>
        </Group>
        {failed && (
          <div>
            <Text size="sm" fw={600}>
              Could not {failed.what}
            </Text>
            <Explanation error={failed.error} />
          </div>
        )}
      </Stack>
    </Alert>
  )
}

/** Puts the focus on the first field of a form. */
export function focusFirst(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('input:not([disabled], [type=hidden]), textarea')?.focus()
}
