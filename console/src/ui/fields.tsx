// The fields of forms: label, a line of description, the field, and room for one message, in this order.
import {
  MultiSelect,
  NumberInput,
  PasswordInput,
  Radio,
  Select,
  Stack,
  Switch,
  TextInput,
  Textarea,
} from '@mantine/core'
import type { ReactNode } from 'react'
import { type FieldValues, type RegisterOptions, useController, useFormContext } from 'react-hook-form'

/** What a value must be, beside what its field asks for by itself. */
type Rules = Pick<RegisterOptions, 'required' | 'min' | 'max' | 'minLength' | 'maxLength' | 'validate'> & {
  pattern?: { value: RegExp; message: string }
}

type Common = {
  /** The field's path in the form: `technicalUser.email`. */
  name: string
  label: string
  description?: ReactNode
  required?: boolean
  disabled?: boolean
  placeholder?: string
  rules?: Rules
}

function useField({ name, label, required, rules }: Common) {
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

export const EMAIL_RULE = {
  pattern: { value: /^[^\s@]+@[^\s@]+$/, message: 'Not an e-mail address, such as ada@example.com' },
}

export function EmailField(props: Common & { autoComplete?: string }) {
  return <TextField {...props} type="email" maxLength={254} rules={{ ...EMAIL_RULE, ...props.rules }} />
}

export function LongTextField(props: Common & { maxLength?: number }) {
  const maxLength = props.maxLength ?? 2000
  const { field, error } = useField({
    ...props,
    rules: { maxLength: { value: maxLength, message: `At most ${maxLength} characters` }, ...props.rules },
  })
  const { label, description, required, disabled, placeholder } = props
  return (
    <Textarea
      {...field}
      value={field.value ?? ''}
      {...{ label, description, required, disabled, placeholder, error }}
      autosize
      minRows={2}
      maxRows={8}
      withAsterisk={required}
    />
  )
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

/** A day, by the browser's own calendar. */
export function DayField({ min, max, ...props }: Common & { min?: string; max?: string }) {
  const { field, error } = useField(props)
  const { label, description, required, disabled } = props
  return (
    <TextInput
      {...field}
      value={field.value ?? ''}
      type="date"
      {...{ label, description, required, disabled, error, min, max }}
      withAsterisk={required}
    />
  )
}

export function NumberField({ min, max, ...props }: Common & { min?: number; max?: number }) {
  const { field, error } = useField({
    ...props,
    rules: {
      ...(min === undefined ? {} : { min: { value: min, message: `At least ${min}` } }),
      ...(max === undefined ? {} : { max: { value: max, message: `At most ${max}` } }),
      ...props.rules,
    },
  })
  const { label, description, required, disabled, placeholder } = props
  return (
    <NumberInput
      {...field}
      value={field.value ?? ''}
      {...{ label, description, required, disabled, placeholder, error }}
      allowDecimal={false}
      allowNegative={false}
      clampBehavior="none"
      hideControls
      withAsterisk={required}
    />
  )
}

export type Choice = { value: string; label: string; disabled?: boolean }

export function SelectField({
  choices,
  onPick,
  nothing = 'Nothing to choose from',
  onSearch,
  clearable = false,
  ...props
}: Common & {
  choices: Choice[]
  onPick?: (value: string | null) => void
  nothing?: string
  onSearch?: (text: string) => void
  clearable?: boolean
}) {
  const { field, error } = useField(props)
  const { label, description, required, disabled, placeholder } = props
  return (
    <Select
      ref={field.ref}
      name={field.name}
      onBlur={field.onBlur}
      value={field.value || null}
      onChange={(value) => {
        field.onChange(value ?? '')
        onPick?.(value)
      }}
      data={choices}
      searchable
      clearable={clearable}
      nothingFoundMessage={nothing}
      onSearchChange={onSearch}
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      {...{ label, description, required, disabled, placeholder, error }}
      withAsterisk={required}
    />
  )
}

export function ManyField({
  choices,
  nothing = 'Nothing to choose from',
  ...props
}: Common & { choices: Choice[]; nothing?: string }) {
  const { field, error } = useField(props)
  const { label, description, required, disabled, placeholder } = props
  return (
    <MultiSelect
      ref={field.ref}
      name={field.name}
      onBlur={field.onBlur}
      value={field.value ?? []}
      onChange={field.onChange}
      data={choices}
      searchable
      clearable
      hidePickedOptions
      nothingFoundMessage={nothing}
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      {...{
        label,
        description,
        required,
        disabled,
        placeholder: (field.value ?? []).length > 0 ? undefined : placeholder,
        error,
      }}
      withAsterisk={required}
    />
  )
}

export function SwitchField(props: Common) {
  const { field, error } = useField(props)
  const { label, description, disabled } = props
  return (
    <Switch
      ref={field.ref}
      name={field.name}
      onBlur={field.onBlur}
      checked={field.value === true}
      onChange={(event) => field.onChange(event.currentTarget.checked)}
      {...{ label, description, disabled, error }}
    />
  )
}

/** A few choices, each with a line about it. */
export function RadioField({
  choices,
  ...props
}: Common & { choices: Array<{ value: string; label: string; description: string }> }) {
  const { field, error } = useField(props)
  return (
    <Radio.Group
      name={field.name}
      value={field.value ?? ''}
      onChange={field.onChange}
      label={props.label}
      description={props.description}
      error={error}
      withAsterisk={props.required ?? false}
    >
      <Stack gap="xs" mt={6}>
        {choices.map((choice, place) => (
          <Radio
            key={choice.value}
            ref={place === 0 ? field.ref : undefined}
            value={choice.value}
            label={choice.label}
            description={choice.description}
          />
        ))}
      </Stack>
    </Radio.Group>
  )
}
