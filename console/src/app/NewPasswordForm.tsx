// A form that sets a new password: its own fields first, then the password twice.
import { Button, Stack } from '@mantine/core'
import type { ReactNode } from 'react'
import { type DefaultValues, type FieldPath, type FieldValues, FormProvider } from 'react-hook-form'
import { FormFailure, type ServerForm, useServerForm } from '../ui/serverForm'
import { NewPasswordFields } from './NewPasswordFields'

type Password = { newPassword: string; repeated: string }

type Props<Others extends FieldValues> = {
  /** The other fields of the form, with their first values. */
  others?: Others
  /** Ends “Could not …”. */
  what: string
  /** The text of the button. */
  act: string
  label?: string
  fieldOf?: Partial<Record<string, FieldPath<Others & Password>>>
  submit: (newPassword: string, others: Others) => Promise<void>
  children?: ReactNode
}

export function NewPasswordForm<Others extends FieldValues>(props: Props<Others>) {
  const { others, what, act, label, fieldOf, submit, children } = props
  const form: ServerForm<Others & Password> = useServerForm<Others & Password>({
    defaults: { ...others, newPassword: '', repeated: '' } as DefaultValues<Others & Password>,
    what,
    fieldOf,
    // A password can begin and end with white space, which `values` has lost.
    submit: (values) => submit(form.getValues('newPassword' as FieldPath<Others & Password>), values),
  })
  return (
    <FormProvider {...form}>
      <form onSubmit={form.send} noValidate aria-label={label}>
        <Stack gap="md">
          {children}
          <NewPasswordFields />
          <FormFailure form={form} />
          <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
            {act}
          </Button>
        </Stack>
      </form>
    </FormProvider>
  )
}
