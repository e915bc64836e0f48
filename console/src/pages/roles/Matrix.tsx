// The grid of a role's rights: one stop for Tab, arrows inside, and a mark for what was granted, implied or blocked.
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
  type Shows,
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
import { aboutRight, aboutTab } from './used'

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
  /** Which rights are on screen. */
  shows: Shows
}

type At = [row: number, column: number]

export function Matrix({ grants, mask, held, fixed, changed, onChange, shows }: Props) {
  const table = useRef<HTMLTableElement>(null)
  const [at, setAt] = useState<At>([0, 0])
  const rows = ROWS.filter((row) => VERBS.some((verb) => inMatrix(row, verb, shows)))
  const move = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    // A cell without a box is passed over.
    for (let from = at, next = arrow(event.key, from, rows.length + 1, VERBS.length); next;) {
      event.preventDefault()
      const box = table.current?.querySelector<HTMLInputElement>(`[data-at="${next.join()}"]`)
      if (box || next.join() === from.join()) {
        box?.focus()
        return
      }
      from = next
      next = arrow(STEP[event.key] ?? event.key, from, rows.length + 1, VERBS.length)
    }
  }
  const cell = (place: At) => ({
    'data-at': place.join(),
    tabIndex: at[0] === place[0] && at[1] === place[1] ? 0 : -1,
    onFocus: () => setAt(place),
  })
  const toggle = (where: Spot | undefined, verb: Verb, on: boolean) => () => {
    if (!fixed) onChange(withRight(grants, where, verb, on, held, shows))
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
                    share={columnShare(grants, verb, shows)}
                    fixed={fixed}
                    onToggle={(on) => toggle(undefined, verb, on)()}
                  />
                </span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, place) => (
            <tr key={spotName(row)} data-menu={row.tab === undefined || undefined}>
              <th scope="row">
                {row.tab === undefined ? words(row.menu) : tabName(row.tab)}
                {row.tab !== undefined && (
                  <span className="matrix-about">{aboutTab(row) ?? 'No page uses it yet.'}</span>
                )}
              </th>
              {VERBS.map((verb, column) => {
                const mine = cell([place + 1, column])
                const edited = changed.has(keyOf(row, verb)) || undefined
                if (!inMatrix(row, verb, shows))
                  return (
                    <td key={verb}>
                      <span className="visually-hidden">Not in use</span>
                    </td>
                  )
                return (
                  <td key={verb} data-changed={edited}>
                    {row.tab === undefined ? (
                      <Many
                        {...mine}
                        name={rightName(verb, row)}
                        share={shareOf(grants, row.menu, verb, shows)}
                        fixed={fixed}
                        onToggle={(on) => toggle(row, verb, on)()}
                      />
                    ) : (
                      <One
                        {...mine}
                        name={rightName(verb, row)}
                        mark={markOf(grants, row, verb, mask)}
                        about={aboutRight(row, verb)}
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

/** From one end of a row or column to the cells before it. */
const STEP: Record<string, string> = { Home: 'ArrowRight', End: 'ArrowLeft' }

/** A head is there if one of its tabs is. */
function inMatrix(row: Spot, verb: Verb, shows: Shows): boolean {
  if (row.tab !== undefined) return shows(row, verb)
  return ROWS.some((tab) => tab.tab !== undefined && tab.menu === row.menu && shows(tab, verb))
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
  about,
  refused,
  onToggle,
  ...place
}: Place & {
  name: string
  mark: Mark
  about: string | undefined
  refused: string | undefined
  onToggle: (on: boolean) => void
}) {
  const said = [about, explain(mark), refused].filter(Boolean).join(' ')
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
  if (mark.held === 'scope') return 'Granted, but blocked by the limits of the role.'
  if (mark.held === 'menu') return 'Granted, but its menu is not visible.'
  return mark.with ? `Comes with ${words(mark.with)}.` : ''
}

const LEGEND: Array<[Mark, string]> = [
  [{ granted: true }, 'Granted'],
  [{ granted: true, with: 'edit' }, 'Comes with another right'],
  [{ granted: true, held: 'scope' }, 'Granted, but blocked by the role’s limits or a hidden menu'],
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
