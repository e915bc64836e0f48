// The permission matrix as a set of granted rights: what a click changes, what that implies, what counts, what differs.
//
// INVARIANT: the set names rights on tabs, and of the menus themselves only whether they are visible; the server's
// guard asks for nothing else of a menu. Every right comes with those that it needs.
import {
  FLAG,
  MENUS,
  type MenuPermission,
  type Spot,
  VERBS,
  type Verb,
  flagsOn,
  maskAllows,
  levelOf,
  rightName,
} from '../../app/permissions'

export type Grants = ReadonlySet<string>
export type Share = 'all' | 'some' | 'none'

/** The rights that one needs to make use of another. */
const NEEDS: Record<Verb, Verb[]> = {
  visible: [],
  view: ['visible'],
  create: ['view', 'visible'],
  edit: ['view', 'visible'],
  delete: ['view', 'visible'],
}

export function keyOf({ menu, tab }: Spot, verb: Verb): string {
  return `${menu}/${tab ?? ''}:${verb}`
}

/** Every row: the menus, each with its tabs below. */
export const ROWS: Spot[] = MENUS.flatMap(({ menu, tabs }) => [{ menu }, ...tabs.map((tab) => ({ menu, tab }))])
const TABS = ROWS.filter((row) => row.tab !== undefined)

/** Which rights are on screen: what a head shows and changes. */
export type Shows = (row: Spot, verb: Verb) => boolean
const ALL: Shows = () => true

function tabsOf(menu: string): Spot[] {
  return TABS.filter((row) => row.menu === menu)
}

export function grantsOf(permissions: MenuPermission[]): Grants {
  const grants = new Set<string>()
  for (const row of ROWS) {
    const flags = flagsOn(
      permissions.find((one) => one.menu === row.menu),
      row.tab,
    )
    for (const verb of row.tab === undefined ? (['visible'] as const) : VERBS) {
      if (flags?.[FLAG[verb]]) grants.add(keyOf(row, verb))
    }
  }
  return grants
}

/** As the API takes it. A menu's own flags say what all of its tabs have, within what the editor may pass on. */
export function permissionsOf(grants: Grants, own: MenuPermission[]): MenuPermission[] {
  const flags = (of: (verb: Verb) => boolean) => ({
    isVisible: of('visible'),
    canView: of('view'),
    canCreate: of('create'),
    canEdit: of('edit'),
    canDelete: of('delete'),
  })
  return MENUS.map(({ menu, tabs }) => {
    const held = own.find((one) => one.menu === menu)
    const everywhere = (verb: Verb) =>
      held?.[FLAG[verb]] === true && tabs.every((tab) => grants.has(keyOf({ menu, tab }, verb)))
    return {
      menu,
      ...flags((verb) => (verb === 'visible' ? grants.has(keyOf({ menu }, verb)) : everywhere(verb))),
      tabs: tabs.map((tab) => ({ tab, ...flags((verb) => grants.has(keyOf({ menu, tab }, verb))) })),
    } as MenuPermission
  }).filter((menu) => menu.isVisible || menu.tabs?.some((tab) => VERBS.some((verb) => tab[FLAG[verb]])))
}

/** How much of a column one menu has. */
export function shareOf(grants: Grants, menu: string, verb: Verb, shows: Shows = ALL): Share {
  const rows = tabsOf(menu).filter((row) => shows(row, verb))
  return share([...rows, ...(verb === 'visible' ? [{ menu } as Spot] : [])].map((row) => grants.has(keyOf(row, verb))))
}

/** How much of a whole column is granted. */
export function columnShare(grants: Grants, verb: Verb, shows: Shows = ALL): Share {
  return share(TABS.filter((row) => shows(row, verb)).map((row) => grants.has(keyOf(row, verb))))
}

function share(granted: boolean[]): Share {
  if (granted.every(Boolean)) return 'all'
  return granted.some(Boolean) ? 'some' : 'none'
}

/** Whether the editor may grant a right, with all that it brings along. */
export function grantable(held: Grants, row: Spot, verb: Verb): boolean {
  return (
    [verb, ...NEEDS[verb]].every((needed) => held.has(keyOf(row, needed))) &&
    held.has(keyOf({ menu: row.menu }, 'visible'))
  )
}

/** Grants or takes away one right: on a tab, on a menu with all its tabs, or, with neither, in the whole column. */
export function withRight(
  grants: Grants,
  where: Spot | undefined,
  verb: Verb,
  on: boolean,
  held: Grants,
  shows: Shows = ALL,
): Grants {
  const next = new Set(grants)
  const many = where === undefined ? TABS : tabsOf(where.menu)
  const rows = where?.tab === undefined ? many.filter((row) => shows(row, verb)) : [where]
  for (const row of rows) {
    if (on && grantable(held, row, verb)) {
      for (const one of [verb, ...NEEDS[verb]]) next.add(keyOf(row, one))
      next.add(keyOf({ menu: row.menu }, 'visible'))
    }
    if (!on) {
      for (const one of VERBS) if (one === verb || NEEDS[one].includes(verb)) next.delete(keyOf(row, one))
      if (tabsOf(row.menu).every((tab) => !next.has(keyOf(tab, 'visible'))))
        next.delete(keyOf({ menu: row.menu }, 'visible'))
    }
  }
  return next
}

export type Mark = {
  granted: boolean
  /** The stronger right on the same row that this one comes with. */
  with?: Verb
  /** Granted, but without effect: by the role's scope, or because the menu is not shown. */
  held?: 'scope' | 'menu'
}

export function markOf(grants: Grants, row: Spot, verb: Verb, mask: number): Mark {
  if (!grants.has(keyOf(row, verb))) return { granted: false }
  const mark: Mark = { granted: true }
  const stronger = [...VERBS].reverse().find((one) => NEEDS[one].includes(verb) && grants.has(keyOf(row, one)))
  if (stronger) mark.with = stronger
  if (!maskAllows(mask, levelOf(row.menu), verb)) mark.held = 'scope'
  else if (row.tab !== undefined && !grants.has(keyOf({ menu: row.menu }, 'visible'))) mark.held = 'menu'
  return mark
}

/** Rights that the role gives and the editor does not hold: while they stand, the server takes no change. */
export function excess(grants: Grants, mask: number, held: Grants): string[] {
  return rights()
    .filter(({ row, verb }) => maskAllows(mask, levelOf(row.menu), verb))
    .filter(({ key }) => grants.has(key) && !held.has(key))
    .map(({ row, verb }) => rightName(verb, row))
}

export type Difference = { key: string; sign: '+' | '−'; right: string }

/** What was granted and taken away, in the order of the matrix. */
export function differences(before: Grants, after: Grants): Difference[] {
  return rights()
    .filter(({ key }) => before.has(key) !== after.has(key))
    .map(({ key, row, verb }) => ({ key, sign: after.has(key) ? '+' : '−', right: rightName(verb, row) }))
}

/** The changes from `read` to `draft`, made to what is stored now. Every right keeps those that it needs. */
export function rebased(read: Grants, draft: Grants, stored: Grants): Grants {
  const next = new Set(stored)
  const changed = rights().filter(({ key }) => read.has(key) !== draft.has(key))
  for (const { row, verb } of changed.filter(({ key }) => !draft.has(key))) {
    const rows = row.tab === undefined ? [row, ...tabsOf(row.menu)] : [row]
    for (const each of rows) {
      for (const one of VERBS) if (one === verb || NEEDS[one].includes(verb)) next.delete(keyOf(each, one))
    }
  }
  for (const { row, verb } of changed.filter(({ key }) => draft.has(key))) {
    for (const one of [verb, ...NEEDS[verb]]) next.add(keyOf(row, one))
    next.add(keyOf({ menu: row.menu }, 'visible'))
  }
  return next
}

function rights() {
  return ROWS.flatMap((row) =>
    VERBS.filter((verb) => row.tab !== undefined || verb === 'visible').map((verb) => ({
      key: keyOf(row, verb),
      row,
      verb,
    })),
  )
}

/** How many rights a role gives that are not on screen. */
export function hiddenCount(grants: Grants, shows: Shows): number {
  return rights().filter(({ key, row, verb }) => row.tab !== undefined && grants.has(key) && !shows(row, verb)).length
}

/** Where an arrow key leads from a cell of the grid; undefined for any other key. */
export function arrow(
  key: string,
  [row, column]: [number, number],
  rows: number,
  columns: number,
): [number, number] | undefined {
  const within = (value: number, size: number) => Math.max(0, Math.min(size - 1, value))
  switch (key) {
    case 'ArrowUp':
      return [within(row - 1, rows), column]
    case 'ArrowDown':
      return [within(row + 1, rows), column]
    case 'ArrowLeft':
      return [row, within(column - 1, columns)]
    case 'ArrowRight':
      return [row, within(column + 1, columns)]
    case 'Home':
      return [row, 0]
    case 'End':
      return [row, columns - 1]
    default:
      return undefined
  }
}
