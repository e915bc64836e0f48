// Fields that narrow a list: what is typed goes into the address once the typing rests.
import { Select, TextInput } from '@mantine/core'
import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { useListState } from './useListState'

const REST_MS = 250

export function TextFilter({ name, label, placeholder }: { name: string; label: string; placeholder?: string }) {
  const list = useListState()
  const asked = list.search[name] ?? ''
  const [text, setText] = useState(asked)
  const [seen, setSeen] = useState(asked)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  // The address was changed by something else: back, a link, “clear the filters”.
  if (asked !== seen) {
    setSeen(asked)
    setText(asked)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const type = (next: string) => {
    setText(next)
    clearTimeout(timer.current)
    timer.current = setTimeout(() => {
      setSeen(next.trim())
      list.filter({ [name]: next.trim() || undefined })
    }, REST_MS)
  }
  return (
    <TextInput
      size="xs"
      label={label}
      placeholder={placeholder}
      leftSection={<Search size={13} aria-hidden />}
      value={text}
      onChange={(event) => type(event.currentTarget.value)}
      data-filter
      w={{ base: '100%', xs: 230 }}
      maxLength={200}
    />
  )
}

export function ChoiceFilter({
  name,
  label,
  choices,
  all = 'All',
}: {
  name: string
  label: string
  choices: Array<{ value: string; label: string }>
  all?: string
}) {
  const list = useListState()
  return (
    <Select
      size="xs"
      label={label}
      data={choices}
      placeholder={all}
      value={list.search[name] ?? null}
      onChange={(value) => list.filter({ [name]: value ?? undefined })}
      clearable
      searchable={choices.length > 8}
      clearButtonProps={{ 'aria-label': `Clear ${label}` }}
      w={{ base: '100%', xs: 170 }}
    />
  )
}
