// The form of a page: its fields, its buttons, and a question before it is left with work in it.
import { Button, Group, Modal, Stack, Text } from '@mantine/core'
import { useBlocker } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type FieldValues, FormProvider, type UseFormReturn } from 'react-hook-form'
import { FormFailure, type ServerForm, focusFirst } from './serverForm'

type ShellProps<Values extends FieldValues> = {
  form: ServerForm<Values>
  /** What the button says: “Create group”. */
  act: string
  onCancel?: () => void
  /** A reason why it can't be sent now. */
  refused?: string | undefined
  /** Loads what somebody else has saved meanwhile, when the server says that they have. */
  onReload?: () => Promise<unknown>
  /** It took the place of the button that opened it: its first field takes the focus that the button had. */
  opened?: boolean
  /** Nothing to lose: a form that does not ask before it is left. */
  careless?: boolean
  children: ReactNode
}

export function FormShell<Values extends FieldValues>(props: ShellProps<Values>) {
  const { form, act, onCancel, refused, onReload, careless = false, opened = false, children } = props
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
          <FormFailure form={form} onReload={onReload} />
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

function noErrors<Values extends FieldValues>(form: UseFormReturn<Values>): boolean {
  return Object.keys(form.formState.errors).length === 0
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
