// The catalogue of rights: seven menus with their tabs, five verbs, and the scope mask, as the server's guard has them.
import type { components } from '../api/schema.gen'
import { words } from '../format'

export type MenuId = components['schemas']['Menu']
export type MenuPermission = components['schemas']['MenuPermission']
export type Flags = Pick<MenuPermission, 'isVisible' | 'canView' | 'canCreate' | 'canEdit' | 'canDelete'>

export const VERBS = ['visible', 'view', 'create', 'edit', 'delete'] as const
export type Verb = (typeof VERBS)[number]
/** What the mask narrows by; every menu stands on one of them. */
export const LEVELS = ['account', 'enterprise', 'workstream'] as const
export type Level = (typeof LEVELS)[number]

export const FLAG: Record<Verb, keyof Flags> = {
  visible: 'isVisible',
  view: 'canView',
  create: 'canCreate',
  edit: 'canEdit',
  delete: 'canDelete',
}

export const MENUS: Array<{ menu: MenuId; level: Level; tabs: string[] }> = [
  { menu: 'dashboard', level: 'account', tabs: ['summary'] },
  { menu: 'overview', level: 'account', tabs: ['accounts', 'provisioning', 'audit', 'account-audit'] },
  { menu: 'account-settings', level: 'account', tabs: ['account', 'enterprises', 'licenses', 'workstreams'] },
  { menu: 'access-control', level: 'enterprise', tabs: ['users', 'groups', 'roles'] },
  { menu: 'security', level: 'enterprise', tabs: ['credentials', 'connectors', 'connections', 'sso'] },
  { menu: 'pipelines', level: 'workstream', tabs: ['pipelines'] },
  { menu: 'builds', level: 'workstream', tabs: ['builds', 'agents', 'infrastructure', 'applications'] },
]

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

/** The flags on a tab: its own, or the menu's where the tab is left out. */
export function flagsOn(permission: MenuPermission | undefined, tab?: string): Flags | undefined {
  return (tab === undefined ? undefined : permission?.tabs?.find((one) => one.tab === tab)) ?? permission
}

export const WHOLE_MASK = 0x7fff

export function maskBit(level: Level, verb: Verb): number {
  return 1 << (LEVELS.indexOf(level) * VERBS.length + VERBS.indexOf(verb))
}

export function maskAllows(mask: number, level: Level, verb: Verb): boolean {
  return (mask & maskBit(level, verb)) !== 0
}

/** The menus that a level of the mask is about: “Access control and Security”. */
export function menusOn(level: Level): string {
  const names = MENUS.filter((one) => one.level === level).map((one) => words(one.menu))
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
}

/** What a mask lets through on one level: “everything”, “view and edit”, “nothing”. */
export function maskOn(mask: number, level: Level): string {
  const allowed = VERBS.filter((verb) => maskAllows(mask, level, verb))
  if (allowed.length === VERBS.length) return 'everything'
  if (allowed.length === 0) return 'nothing'
  return allowed.length === 1 ? allowed[0]! : `${allowed.slice(0, -1).join(', ')} and ${allowed.at(-1)}`
}

/** A mask in one line: “Everything”, or level by level. */
export function maskInWords(mask: number): string {
  if (mask === WHOLE_MASK) return 'Everything on every level'
  if (mask === 0) return 'Nothing on any level'
  return LEVELS.map((level) => `${words(level)}: ${maskOn(mask, level)}`).join('; ')
}
