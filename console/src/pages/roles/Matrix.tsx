// The grid of a role's rights: one stop for Tab, arrows inside, and a mark for what was granted, implied or held down.
import { Group, Text } from '@mantine/core'
import { type KeyboardEvent, useRef, useState } from 'react'
import { type Spot, VERBS, type Verb, rightName, spotName, tabName } from '../../app/permissions'
import { words } from '../../format'
import '../../ui/matrix.css'
import {
  type Grants,
  type Mark,
  ROWS,
  type Share,
  arrow,
  columnShare,
  grantable,
  keyOf,
  markOf,
  shareOf,
  withRight,
} from './matrix'
import { ScrollBox } from '../../ui/ScrollBox'
import { MarkBox, MarkFace } from './MarkBox'

type Props = {
  grants: Grants
  mask: number
  /** What the editor holds. */
  held: Grants
  /** Why nothing can be changed, if nothing can. */
  fixed: string | undefined
  /** The keys of what differs from what is saved. */
  changed: ReadonlySet<string>
  onChange: (next: Grants) => void
}

type At = [row: number, column: number]

export function Matrix({ grants, mask, held, fixed, changed, onChange }: Props) {
  const table = useRef<HTMLTableElement>(null)
  const [at, setAt] = useState<At>([0, 0])
  const move = (event: KeyboardEvent) => {
    const next = arrow(event.key, at, ROWS.length + 1, VERBS.length)
    if (!next || event.ctrlKey || event.metaKey || event.altKey) return
    event.preventDefault()
    table.current?.querySelector<HTMLInputElement>(`[data-at="${next.join()}"]`)?.focus()
  }
  const cell = (place: At) => ({
    'data-at': place.join(),
    tabIndex: at[0] === place[0] && at[1] === place[1] ? 0 : -1,
    onFocus: () => setAt(place),
  })
  const toggle = (where: Spot | undefined, verb: Verb, on: boolean) => () => {
    if (!fixed) onChange(withRight(grants, where, verb, on, held))
  }
  return (
    // The box scrolls, so the keyboard must be able to get into it: its checkboxes do that.
    <ScrollBox framed>
      {/* A grid: arrow keys are its own, for screen readers too. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-to-interactive-role */}
      <table ref={table} className="matrix" role="grid" aria-label="Permissions" onKeyDown={move}>
        <thead>
          <tr>
            <th scope="col">Menu and tab</th>
            {VERBS.map((verb, column) => (
              <th key={verb} scope="col">
                <span className="matrix-head">
                  {words(verb)}
                  <Many
                    {...cell([0, column])}
                    name={`${words(verb)}: all menus and tabs`}
                    share={columnShare(grants, verb)}
                    fixed={fixed}
                    onToggle={(on) => toggle(undefined, verb, on)()}
                  />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {ROWS.map((row, place) => (
            <tr key={spotName(row)} data-menu={row.tab === undefined || undefined}>
              <th scope="row">{row.tab === undefined ? words(row.menu) : tabName(row.tab)}</th>
              {VERBS.map((verb, column) => {
                const mine = cell([place + 1, column])
                const edited = changed.has(keyOf(row, verb)) || undefined
                return (
                  <td key={verb} data-changed={edited}>
                    {row.tab === undefined ? (
                      <Many
                        {...mine}
                        name={rightName(verb, row)}
                        share={shareOf(grants, row.menu, verb)}
                        fixed={fixed}
                        onToggle={(on) => toggle(row, verb, on)()}
                      />
                    ) : (
                      <One
                        {...mine}
                        name={rightName(verb, row)}
                        mark={markOf(grants, row, verb, mask)}
                        refused={fixed ?? notHeld(grants, held, row, verb)}
                        onToggle={(on) => toggle(row, verb, on)()}
                      />
                    )}
                  </td>
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  )
}

function notHeld(grants: Grants, held: Grants, row: Spot, verb: Verb): string | undefined {
  if (grants.has(keyOf(row, verb)) || grantable(held, row, verb)) return undefined
  return 'You do not hold this right yourself, so you can’t grant it.'
}

type Place = { 'data-at': string; tabIndex: number; onFocus: () => void }

/** The head of a column or of a menu's tabs: all, some or none. */
function Many({
  name,
  share,
  fixed,
  onToggle,
  ...place
}: Place & { name: string; share: Share; fixed: string | undefined; onToggle: (on: boolean) => void }) {
  return (
    <MarkBox
      {...place}
      aria-label={name}
      title={fixed}
      mark={{ granted: share === 'all' }}
      some={share === 'some'}
      aria-disabled={fixed !== undefined || undefined}
      aria-description={fixed}
      onChange={(event) => fixed === undefined && onToggle(event.currentTarget.checked)}
    />
  )
}

function One({
  name,
  mark,
  refused,
  onToggle,
  ...place
}: Place & { name: string; mark: Mark; refused: string | undefined; onToggle: (on: boolean) => void }) {
  const said = [explain(mark), refused].filter(Boolean).join(' ')
  return (
    <MarkBox
      {...place}
      aria-label={name}
      aria-description={said || undefined}
      title={said || undefined}
      mark={mark}
      aria-disabled={refused !== undefined || undefined}
      onChange={(event) => refused === undefined && onToggle(event.currentTarget.checked)}
    />
  )
}

function explain(mark: Mark): string {
  if (mark.held === 'scope') return 'Granted, but the scope of the role holds it down.'
  if (mark.held === 'menu') return 'Granted, but its menu is not visible.'
  return mark.with ? `Comes with ${words(mark.with)}.` : ''
}

const LEGEND: Array<[Mark, string]> = [
  [{ granted: true }, 'Granted'],
  [{ granted: true, with: 'edit' }, 'Comes with another right'],
  [{ granted: true, held: 'scope' }, 'Granted, but held down by the scope or a hidden menu'],
]

export function Legend() {
  return (
    <Group gap="lg" component="ul" p={0} m={0} aria-label="Marks" style={{ listStyle: 'none', rowGap: 4 }}>
      {LEGEND.map(([mark, text]) => (
        <Group key={text} component="li" gap={6} wrap="nowrap">
          <MarkFace mark={mark} />
          <Text size="xs">{text}</Text>
        </Group>
      ))}
      <Text component="li" size="xs" c="dimmed">
        Arrow keys move, Space changes.
      </Text>
    </Group>
  )
}
