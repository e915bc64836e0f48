// Where a right comes from: each role gives its permissions within its scope mask, through the groups that have it.
import {
  FLAG,
  type Flags,
  type MenuPermission,
  type Spot,
  type Verb,
  flagsOn,
  levelOf,
  maskAllows,
} from '../../app/permissions'

export type Named = { id: string; name: string }
export type Giver = { role: Named; mask: number; permissions: MenuPermission[]; groups: Named[] }
export type Source = { role: Named; groups: Named[] }
export type Origin = {
  /** Roles that give it. */
  from: Source[]
  /** Roles that name it, and whose scope mask holds it down. */
  held: Source[]
}

/** The roles of some groups, each once, with the groups that it comes through. */
export function givers(
  groups: Array<Named & { roles: Array<Named & { mask: number }> }>,
  permissions: ReadonlyMap<string, MenuPermission[]>,
): Giver[] {
  const found = new Map<string, Giver>()
  for (const { id, name, roles } of groups) {
    for (const role of roles) {
      const giver = found.get(role.id) ?? {
        role: { id: role.id, name: role.name },
        mask: role.mask,
        permissions: permissions.get(role.id) ?? [],
        groups: [],
      }
      giver.groups.push({ id, name })
      found.set(role.id, giver)
    }
  }
  return [...found.values()]
}

export function originOf(all: Giver[], spot: Spot, verb: Verb): Origin {
  const origin: Origin = { from: [], held: [] }
  for (const { role, groups, mask, permissions } of all) {
    const flags = flagsOn(
      permissions.find((one) => one.menu === spot.menu),
      spot.tab,
    )
    if (!flags?.[FLAG[verb]]) continue
    const through = maskAllows(mask, levelOf(spot.menu), verb) ? origin.from : origin.held
    through.push({ role, groups })
  }
  return origin
}

/** Whether somebody has a right, as the server says. */
export function holds(menus: MenuPermission[], spot: Spot, verb: Verb): boolean {
  const flags: Flags | undefined = flagsOn(
    menus.find((one) => one.menu === spot.menu),
    spot.tab,
  )
  return flags?.[FLAG[verb]] === true
}

/** “Operators, by Night shift and Day shift” */
export function sourceInWords({ role, groups }: Source): string {
  const names = groups.map((group) => group.name)
  const through = names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`
  return `role ${role.name}, by group ${through}`
}
