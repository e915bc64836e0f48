// The catalogue of rights, from the table in the API document: menus with their tabs, verbs, and the scope mask.
import { levels, maskBits, menus, verbs, wholeMask } from '../api/menus.gen'
import type { components } from '../api/schema.gen'
import { words } from '../format'

export type MenuId = components['schemas']['Menu']
export type MenuPermission = components['schemas']['MenuPermission']
export type Flags = Pick<MenuPermission, 'isVisible' | 'canView' | 'canCreate' | 'canEdit' | 'canDelete'>

export const VERBS = verbs
export type Verb = (typeof VERBS)[number]
/** The levels of the scope mask. Each menu belongs to one of them. */
export const LEVELS = levels
export type Level = (typeof LEVELS)[number]

type Menu = { menu: MenuId; level: Level; tabs: readonly string[]; restrictedTabs: readonly string[] }
export const MENUS: readonly Menu[] = menus

export const FLAG: Record<Verb, keyof Flags> = {
  visible: 'isVisible',
  view: 'canView',
  create: 'canCreate',
  edit: 'canEdit',
  delete: 'canDelete',
}

/** A menu, or one of its tabs. */
export type Spot = { menu: MenuId; tab?: string | undefined }

/** “Access control / Users” */
export function spotName({ menu, tab }: Spot): string {
  return tab === undefined ? words(menu) : `${words(menu)} / ${tabName(tab)}`
}

export function tabName(tab: string): string {
  return tab === 'sso' ? 'SSO' : words(tab)
}

/** “Edit: Access control / Users” */
export function rightName(verb: Verb, spot: Spot): string {
  return `${words(verb)}: ${spotName(spot)}`
}

export function levelOf(menu: MenuId): Level {
  return MENUS.find((one) => one.menu === menu)?.level ?? 'account'
}

/** The flags on a tab: its own, or those that it inherits from the menu. A restricted tab inherits all flags or none. */
export function flagsOn(permission: MenuPermission | undefined, tab?: string): Flags | undefined {
  if (permission === undefined || tab === undefined) return permission
  const own = permission.tabs?.find((one) => one.tab === tab)
  if (own) return own
  const restricted = MENUS.some((one) => one.menu === permission.menu && one.restrictedTabs.includes(tab))
  return restricted && !VERBS.every((verb) => permission[FLAG[verb]]) ? undefined : permission
}

export const WHOLE_MASK = wholeMask

export function maskBit(level: Level, verb: Verb): number {
  return maskBits[level][verb]
}

export function maskAllows(mask: number, level: Level, verb: Verb): boolean {
  return (mask & maskBit(level, verb)) !== 0
}

/** The menus of one level: “Access control and Security”. */
export function menusOn(level: Level): string {
  const names = MENUS.filter((one) => one.level === level).map((one) => words(one.menu))
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** What a mask allows on one level: “everything”, “view and edit”, “nothing”. */
export function maskOn(mask: number, level: Level): string {
  const allowed = VERBS.filter((verb) => maskAllows(mask, level, verb))
  if (allowed.length === VERBS.length) return 'everything'
  if (allowed.length === 0) return 'nothing'
  return allowed.length === 1 ? allowed[0]! : `${allowed.slice(0, -1).join(', ')} and ${allowed.at(-1)}`
}

/** A mask in one line. It gives no right by itself, so that a whole one is “No limit”, not “everything”. */
export function maskInWords(mask: number): string {
  if (mask === WHOLE_MASK) return 'No limit'
  if (mask === 0) return 'No right counts'
  return `At most ${LEVELS.map((level) => `${maskOn(mask, level)} on the ${level} level`).join('; ')}`
}
