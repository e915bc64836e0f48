// The fields that hold a line of text: label, a line of description, the field, and room for one message, in this order.
import { PasswordInput, TextInput } from '@mantine/core'
import type { ReactNode } from 'react'
import { type FieldValues, type RegisterOptions, useController, useFormContext } from 'react-hook-form'
import { emailPattern } from '../api/patterns.gen'

/** What a value must be, beside what its field asks for by itself. */
type Rules = Pick<RegisterOptions, 'required' | 'min' | 'max' | 'minLength' | 'maxLength' | 'validate'> & {
  pattern?: { value: RegExp; message: string }
}

export type Common = {
  /** The field's path in the form: `technicalUser.email`. */
  name: string
  label: string
  description?: ReactNode
  required?: boolean
  disabled?: boolean
  placeholder?: string
  rules?: Rules
}

export function useField({ name, label, required, rules }: Common) {
  const { control } = useFormContext<FieldValues>()
  const all = {
    ...rules,
    ...(required
      ? {
          required: `${label} is needed`,
          validate: {
            filled: (value: unknown) =>
              typeof value === 'string' && value.trim() === '' ? `${label} is needed` : true,
            ...((rules?.validate as object | undefined) ?? {}),
          },
        }
      : {}),
  }
  const { field, fieldState } = useController({ control, name, rules: all as never })
  return { field, error: fieldState.error?.message ? capital(fieldState.error.message) : undefined }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function TextField({
  maxLength = 200,
  autoComplete = 'off',
  type,
  ...props
}: Common & { maxLength?: number; autoComplete?: string; type?: 'email' | 'tel' | 'url' }) {
  const { field, error } = useField({
    ...props,
    rules: { maxLength: { value: maxLength, message: `At most ${maxLength} characters` }, ...props.rules },
  })
  const { label, description, required, disabled, placeholder } = props
  return (
    <TextInput
      {...field}
      value={field.value ?? ''}
      {...{ label, description, required, disabled, placeholder, error, autoComplete, type }}
      withAsterisk={required}
    />
  )
}

/** The server's rule. It forgives white space around the address, and wide letters. */
export function isEmail(text: string): boolean {
  const address = text.trim().normalize('NFKC')
  return emailPattern.test(address) && address.length <= 254 && address.indexOf('@') <= 64
}

const wellFormed = (text: unknown) => !text || isEmail(String(text)) || 'Not an e-mail address, such as ada@example.com'

export function EmailField(props: Common & { autoComplete?: string }) {
  const validate = { wellFormed, ...(props.rules?.validate as object | undefined) }
  return <TextField {...props} type="email" maxLength={254} rules={{ ...props.rules, validate }} />
}

export function PasswordField({
  autoComplete,
  ...props
}: Common & { autoComplete: 'current-password' | 'new-password' }) {
  const { field, error } = useField(props)
  const { label, description, required, disabled } = props
  return (
    <PasswordInput
      {...field}
      value={field.value ?? ''}
      {...{ label, description, required, disabled, error, autoComplete }}
      withAsterisk={false}
      aria-invalid={error ? true : undefined}
      visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed', tabIndex: 0, 'aria-hidden': false }}
    />
  )
}
