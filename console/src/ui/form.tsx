// Forms: what is wrong stands at its field, nothing typed is lost, and leaving asks first.
import { Alert, Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import { CircleAlert, GitMerge } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import {
  type DefaultValues,
  type FieldPath,
  type FieldValues,
  FormProvider,
  type UseFormReturn,
  useForm,
} from 'react-hook-form'
import { ApiError } from '../api/problem'
import { Explanation } from './Failure'

type Options<Values extends FieldValues> = {
  defaults: DefaultValues<Values>
  /** Ends “Could not …”: “create the group”. */
  what: string
  /** Sends what was typed, with the white space around it gone. */
  submit: (values: Values) => Promise<void>
  /** Where refusals that name no field belong: `{ name_taken: 'name' }`. */
  fieldOf?: Partial<Record<string, FieldPath<Values>>>
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
    if (byCode) known.push({ field: byCode, message: error.message })
    for (const [place, one] of known.entries())
      form.setError(one.field, { type: 'server', message: one.message }, { shouldFocus: place === 0 })
    // What stands at a field is not said twice.
    setFailure(known.length > 0 && known.length >= error.fields.length ? undefined : error)
    if (known.length > 0) onRefused?.(known.map((one) => one.field))
  }

  const send = form.handleSubmit(async (values) => {
    setFailure(undefined)
    try {
      await submit(trimmed(values))
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

type ShellProps<Values extends FieldValues> = {
  form: ServerForm<Values>
  /** What the button says: “Create group”. */
  act: string
  onCancel?: () => void
  /** A reason why it can't be sent now. */
  refused?: string | undefined
  /** Loads what somebody else has saved meanwhile, when the server says that they have. */
  onReload?: () => Promise<unknown>
  /** Sends it again over what somebody else has saved. */
  onOverwrite?: () => Promise<unknown>
  /** It took the place of the button that opened it: its first field takes the focus that the button had. */
  opened?: boolean
  /** Nothing to lose: a form that does not ask before it is left. */
  careless?: boolean
  children: ReactNode
}

export function FormShell<Values extends FieldValues>(props: ShellProps<Values>) {
  const { form, act, onCancel, refused, onReload, onOverwrite, careless = false, opened = false, children } = props
  const { isSubmitting, isDirty, isSubmitSuccessful } = form.formState
  return (
    <FormProvider {...form}>
      <LeaveGuard
        dirty={
          !careless && isDirty && !isSubmitting && !(isSubmitSuccessful && form.failure === undefined && noErrors(form))
        }
      />
      <form onSubmit={form.send} noValidate ref={opened ? focusFirst : undefined}>
        <Stack gap="md">
          {children}
          <FormFailure form={form} onReload={onReload} onOverwrite={onOverwrite} />
          <Group gap="xs">
            <Button type="submit" loading={isSubmitting} disabled={refused !== undefined} title={refused}>
              {act}
            </Button>
            {onCancel && (
              <Button variant="default" onClick={onCancel}>
                Cancel
              </Button>
            )}
            {refused && (
              <Text size="sm" c="dimmed">
                {refused}
              </Text>
            )}
          </Group>
        </Stack>
      </form>
    </FormProvider>
  )
}

function focusFirst(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('input:not([disabled], [type=hidden]), textarea')?.focus()
}

function noErrors<Values extends FieldValues>(form: UseFormReturn<Values>): boolean {
  return Object.keys(form.formState.errors).length === 0
}

/** What failed, when it stands at no field. A change of somebody else's is a choice, not an error. */
export function FormFailure<Values extends FieldValues>({
  form,
  onReload,
  onOverwrite,
}: {
  form: ServerForm<Values>
  onReload?: (() => Promise<unknown>) | undefined
  onOverwrite?: (() => Promise<unknown>) | undefined
}) {
  const { failure, what } = form
  if (failure === undefined) return null
  const meanwhile = failure instanceof ApiError && failure.status === 412 && onReload && onOverwrite
  if (meanwhile) return <Meanwhile onReload={onReload} onOverwrite={onOverwrite} />
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

/** Somebody else has saved since this was read: whose version stays is a choice. */
export function Meanwhile({
  onReload,
  onOverwrite,
}: {
  onReload: () => Promise<unknown>
  onOverwrite: () => Promise<unknown>
}) {
  return (
    <Alert
      role="alert"
      color="yellow"
      icon={<GitMerge size={18} aria-hidden />}
      title="Somebody else has changed this meanwhile"
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap={8} align="flex-start">
        <Text size="sm">What you typed is still here. Take over what they saved, or save yours over it.</Text>
        <Group gap="xs">
          <Button size="xs" variant="default" onClick={() => void onReload()}>
            Load theirs
          </Button>
          <Button size="xs" variant="default" onClick={() => void onOverwrite()}>
            Save mine over it
          </Button>
        </Group>
      </Stack>
    </Alert>
  )
}

/** Asks before a page with unsaved work is left, by a link, by the browser's buttons, or by closing the tab. */
export function LeaveGuard({ dirty, keeps }: { dirty: boolean; keeps?: string }) {
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  })
  return (
    <Modal
      opened={blocker.status === 'blocked'}
      onClose={() => blocker.reset?.()}
      title="Leave without saving?"
      styles={{ title: { fontWeight: 600 } }}
    >
      <Stack gap="md">
        <Text size="sm">{keeps ?? 'What you changed on this page would be lost.'}</Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" data-autofocus onClick={() => blocker.reset?.()}>
            Stay
          </Button>
          <Button color="red.8" onClick={() => blocker.proceed?.()}>
            Leave
          </Button>
        </Group>
      </Stack>
    </Modal>
  )
}
