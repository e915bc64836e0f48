// Three versions of a form's values: the one that was read, one's own, and the one that is stored now.
import { words } from '../format'

/** One's own changes, laid over what is stored: a field that one did not change is as it is stored. */
export function merged<Value>(read: Value, mine: Value, stored: Value): Value {
  if (same(mine, read)) return stored
  if (isSet(read) && isSet(mine) && isSet(stored)) {
    const kept = stored.filter((one) => mine.includes(one) || !read.includes(one))
    const added = mine.filter((one) => !read.includes(one) && !stored.includes(one))
    return [...kept, ...added] as Value
  }
  if (isRecord(read) && isRecord(mine) && isRecord(stored)) {
    return Object.fromEntries(
      Object.keys({ ...stored, ...mine }).map((key) => [key, merged(read[key], mine[key], stored[key])]),
    ) as Value
  }
  return mine
}

export type FieldChange = { field: string; label: string; before: string; after: string }

/** The fields in which two versions differ. */
export function changesBetween(
  before: unknown,
  after: unknown,
  label: (field: string) => string | undefined = () => undefined,
  field = '',
): FieldChange[] {
  if (same(before, after)) return []
  if (isRecord(before) && isRecord(after)) {
    return Object.keys({ ...before, ...after }).flatMap((key) =>
      changesBetween(before[key], after[key], label, field ? `${field}.${key}` : key),
    )
  }
  return [{ field, label: label(field) ?? nameOf(field), before: shown(before), after: shown(after) }]
}

/** `address.postalCode` → “Postal code” */
function nameOf(field: string): string {
  const last = field.split('.').at(-1) ?? field
  return words(last.replace(/Ids$/, 's').replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`))
}

function shown(value: unknown): string {
  if (value === '' || value === null || value === undefined) return 'empty'
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (Array.isArray(value)) return `${value.length} chosen`
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

/** A choice of several ids. */
function isSet(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
