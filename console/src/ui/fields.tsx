// The fields beside those of text: days, numbers, choices, long texts.
import { MultiSelect, Radio, Select, Stack, Switch, TextInput, Textarea } from '@mantine/core'
import '@mantine/core/styles/Pill.layer.css'
import '@mantine/core/styles/PillsInput.layer.css'
import '@mantine/core/styles/Radio.layer.css'
import '@mantine/core/styles/RadioIndicator.layer.css'
import '@mantine/core/styles/Switch.layer.css'
import { type Common, useField } from './textFields'

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

/** A whole number, as a number once it is one. */
export function NumberField({ min, max, ...props }: Common & { min?: number; max?: number }) {
  const { field, error } = useField({
    ...props,
    rules: {
      pattern: { value: /^\d+$/, message: 'A whole number' },
      ...(min === undefined ? {} : { min: { value: min, message: `At least ${min}` } }),
      ...(max === undefined ? {} : { max: { value: max, message: `At most ${max}` } }),
      ...props.rules,
    },
  })
  const { label, description, required, disabled, placeholder } = props
  return (
    <TextInput
      {...field}
      value={String(field.value ?? '')}
      onChange={(event) => {
        const text = event.currentTarget.value.trim()
        field.onChange(/^\d{1,15}$/.test(text) ? Number(text) : text)
      }}
      inputMode="numeric"
      {...{ label, description, required, disabled, placeholder, error }}
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
      // Choosing what is chosen already keeps it.
      allowDeselect={false}
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
  onPick,
  ...props
}: Common & {
  choices: Array<{ value: string; label: string; description: string }>
  onPick?: (value: string) => void
}) {
  const { field, error } = useField(props)
  return (
    <Radio.Group
      name={field.name}
      value={field.value ?? ''}
      onChange={(value) => {
        field.onChange(value)
        onPick?.(value)
      }}
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
