import { describe, expect, test } from 'vitest'
import { type MenuPermission, WHOLE_MASK, maskBit } from '../../app/permissions'
import {
  type Grants,
  ROWS,
  arrow,
  columnShare,
  differences,
  excess,
  grantsOf,
  keyOf,
  markOf,
  permissionsOf,
  rebased,
  shareOf,
  withRight,
} from './matrix'

const flags = (all: boolean) => ({ isVisible: all, canView: all, canCreate: all, canEdit: all, canDelete: all })
const everything = ROWS.filter((row) => row.tab === undefined).map(
  ({ menu }) => ({ menu, ...flags(true), tabs: [] }) as MenuPermission,
)
const HELD = grantsOf(everything)
const NOTHING: Grants = new Set()
const users = { menu: 'access-control', tab: 'users' } as const
const access = { menu: 'access-control' } as const
const said = (before: Grants, after: Grants) => differences(before, after).map((one) => `${one.sign} ${one.right}`)

describe('a click', () => {
  test('grants what the right needs along with it', () => {
    expect(said(NOTHING, withRight(NOTHING, users, 'edit', true, HELD))).toEqual([
      '+ Visible: Access control',
      '+ Visible: Access control / Users',
      '+ View: Access control / Users',
      '+ Edit: Access control / Users',
    ])
  })

  test('that takes view away takes what needs it, and leaves the tab visible', () => {
    const all = withRight(withRight(NOTHING, users, 'edit', true, HELD), users, 'delete', true, HELD)
    expect(said(all, withRight(all, users, 'view', false, HELD))).toEqual([
      '− View: Access control / Users',
      '− Edit: Access control / Users',
      '− Delete: Access control / Users',
    ])
  })

  test('that hides the last tab hides its menu', () => {
    const one = withRight(NOTHING, users, 'view', true, HELD)
    expect(withRight(one, users, 'visible', false, HELD).size).toBe(0)
  })

  test('on a menu grants on all of its tabs, and on a column in all menus', () => {
    expect(shareOf(withRight(NOTHING, access, 'create', true, HELD), 'access-control', 'view')).toBe('all')
    const column = withRight(NOTHING, undefined, 'view', true, HELD)
    expect(columnShare(column, 'view')).toBe('all')
    expect(columnShare(column, 'edit')).toBe('none')
    expect(withRight(column, undefined, 'visible', false, HELD).size).toBe(0)
  })

  test('never grants what the editor does not hold', () => {
    const held = new Set(HELD)
    held.delete(keyOf(users, 'edit'))
    const granted = withRight(NOTHING, access, 'edit', true, held)
    expect(granted.has(keyOf(users, 'edit'))).toBe(false)
    expect(shareOf(granted, 'access-control', 'edit')).toBe('some')
  })
})

describe('heads', () => {
  test('say all, some or none', () => {
    const one = withRight(NOTHING, users, 'view', true, HELD)
    expect(shareOf(one, 'access-control', 'view')).toBe('some')
    expect(shareOf(one, 'security', 'view')).toBe('none')
    expect(columnShare(one, 'view')).toBe('some')
  })
})

describe('marks', () => {
  const one = withRight(NOTHING, users, 'edit', true, HELD)
  test('tell what was granted from what comes with it', () => {
    expect(markOf(one, users, 'edit', WHOLE_MASK)).toEqual({ granted: true })
    expect(markOf(one, users, 'view', WHOLE_MASK)).toEqual({ granted: true, with: 'edit' })
    expect(markOf(one, users, 'delete', WHOLE_MASK)).toEqual({ granted: false })
  })

  test('tell what the scope or a hidden menu holds down', () => {
    const mask = WHOLE_MASK & ~maskBit('enterprise', 'edit')
    expect(markOf(one, users, 'edit', mask).held).toBe('scope')
    const hidden = new Set(one)
    hidden.delete(keyOf(access, 'visible'))
    expect(markOf(hidden, users, 'edit', WHOLE_MASK).held).toBe('menu')
  })
})

describe('on the wire', () => {
  const permission = {
    menu: 'access-control',
    ...flags(true),
    canDelete: false,
    tabs: [{ tab: 'roles', ...flags(false) }],
  } as MenuPermission

  test('tabs that are left out have the flags of the menu', () => {
    const grants = grantsOf([permission])
    expect(grants.has(keyOf(users, 'edit'))).toBe(true)
    expect(grants.has(keyOf(users, 'delete'))).toBe(false)
    expect(grants.has(keyOf({ menu: 'access-control', tab: 'roles' }, 'view'))).toBe(false)
  })

  test('comes back as it went, and leaves out menus that give nothing', () => {
    const sent = permissionsOf(grantsOf([permission]), everything)
    expect(sent.map((one) => one.menu)).toEqual(['access-control'])
    expect(sent[0]).toMatchObject({ isVisible: true, canView: false })
    expect(said(grantsOf([permission]), grantsOf(sent))).toEqual([])
  })

  test('a menu’s own flags stay within what the editor holds', () => {
    const view = withRight(NOTHING, access, 'view', true, HELD)
    expect(permissionsOf(view, everything)[0]?.canView).toBe(true)
    expect(permissionsOf(view, [])[0]?.canView).toBe(false)
  })
})

test('what the editor does not hold is named, unless the scope holds it down', () => {
  const one = withRight(NOTHING, users, 'edit', true, HELD)
  const held = new Set(HELD)
  held.delete(keyOf(users, 'edit'))
  expect(excess(one, WHOLE_MASK, held)).toEqual(['Edit: Access control / Users'])
  expect(excess(one, WHOLE_MASK & ~maskBit('enterprise', 'edit'), held)).toEqual([])
})

test('arrows stay in the grid', () => {
  expect(arrow('ArrowDown', [0, 0], 3, 5)).toEqual([1, 0])
  expect(arrow('ArrowUp', [0, 0], 3, 5)).toEqual([0, 0])
  expect(arrow('End', [2, 1], 3, 5)).toEqual([2, 4])
  expect(arrow('a', [2, 1], 3, 5)).toBeUndefined()
})

describe('changes that somebody else was faster to save', () => {
  const groups = { menu: 'access-control', tab: 'groups' } as const
  const grant = (from: Grants, ...rows: Array<Parameters<typeof withRight>[1]>) =>
    rows.reduce<Grants>((grants, row) => withRight(grants, row, 'view', true, HELD), from)

  test('keep what they granted, and add one’s own', () => {
    const stored = grant(NOTHING, groups)
    const next = rebased(NOTHING, grant(NOTHING, users), stored)
    expect(said(stored, next)).toEqual(['+ Visible: Access control / Users', '+ View: Access control / Users'])
  })

  test('keep what they took away, and take one’s own away', () => {
    const read = grant(NOTHING, users, groups)
    const stored = withRight(read, groups, 'visible', false, HELD)
    const next = rebased(read, withRight(read, users, 'view', false, HELD), stored)
    expect(said(stored, next)).toEqual(['− View: Access control / Users'])
  })

  test('bring along the rights that they need, if those were taken away', () => {
    const read = grant(NOTHING, users)
    const next = rebased(read, withRight(read, users, 'edit', true, HELD), NOTHING)
    expect(said(NOTHING, next)).toContain('+ View: Access control / Users')
    expect(said(NOTHING, next)).toContain('+ Visible: Access control')
  })
})
