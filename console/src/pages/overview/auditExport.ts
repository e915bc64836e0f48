// The audit log as a file.
import type { Item } from '../../api/queries'

type Entry = Item<'/api/audit'>
export type Change = NonNullable<Entry['changes']>[number]
export type Format = 'csv' | 'jsonl'

/** More would not fit into a browser's memory with ease; the command line has no such bound. */
export const MOST_EXPORTED = 50_000

export function authorName(entry: Entry): string {
  const { author } = entry
  switch (author.kind) {
    case 'user':
      return author.operator ? `${author.email} (operator)` : author.email
    case 'workflow':
      return author.startedBy ? `Workflow ${author.name} of ${author.startedBy.email}` : `Workflow ${author.name}`
    case 'system':
      return `Platform: ${author.name}`
    case 'anonymous':
      return 'Not signed in'
  }
}

/** How it ended, and how often where one entry stands for several. */
export function outcomeName(entry: Entry): string {
  const outcome = { done: 'Done', refused: 'Refused', failed: 'Failed' }[entry.outcome ?? 'done']
  return entry.count ? `${outcome} (${entry.count}×)` : outcome
}

/** The two sides of a change as text. What a list lost is before, what it gained after. */
export function changed(change: Change): { before: string; after: string } {
  if (change.secret) return { before: 'Secret', after: 'Changed' }
  const list = (items: Change['added'], sign: string) =>
    (items ?? []).map((item) => `${sign} ${item.name ? `${item.name} (${item.id})` : item.id}`).join(', ')
  const side = (value: Change['before'], items: string) =>
    value === undefined || value === null ? items || '—' : String(value)
  return {
    before: side(change.before, list(change.removed, '−')),
    after: side(change.after, list(change.added, '+')),
  }
}

/** All changes of an entry in one text. */
function changesText(entry: Entry): string {
  const each = (change: Change) => {
    const { before, after } = changed(change)
    const record = change.record ? `${change.record.kind} ${change.record.id} ` : ''
    return `${record}${change.field}: ${before} → ${after}`
  }
  return (entry.changes ?? []).map(each).join('; ')
}

export function exported(entries: Entry[], format: Format): string {
  if (format === 'jsonl') return entries.map((entry) => `${JSON.stringify(entry)}\n`).join('')
  const head = [
    'at',
    'action',
    'outcome',
    'author',
    'targetKind',
    'targetId',
    'targetName',
    'changes',
    'requestId',
    'sequence',
    'hash',
    'id',
  ]
  const rows = entries.map((entry) => [
    entry.at,
    entry.action,
    outcomeName(entry),
    authorName(entry),
    entry.target?.kind,
    entry.target?.id,
    entry.targetName,
    changesText(entry),
    entry.requestId,
    entry.seal?.sequence,
    entry.seal?.hash,
    entry.id,
  ])
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

/** A spreadsheet takes what begins with one of these for a formula. */
const FORMULA = /^[=+\-@\t\r]/

function cell(value: unknown): string {
  const text = value === null || value === undefined ? '' : String(value)
  const safe = FORMULA.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function download(text: string, name: string, format: Format): void {
  const kind = format === 'csv' ? 'text/csv' : 'application/x-ndjson'
  const url = URL.createObjectURL(new Blob([text], { type: kind }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
