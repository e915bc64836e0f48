import { expect, test } from 'vitest'
import { type MenuPermission, WHOLE_MASK, maskBit } from '../../app/permissions'
import { givers, holds, originOf, sourceInWords } from './sources'

const none = { isVisible: false, canView: false, canCreate: false, canEdit: false, canDelete: false }
const view = { ...none, isVisible: true, canView: true }
const users = { menu: 'access-control', tab: 'users' } as const

const reader = { id: 'r', name: 'Reader', mask: WHOLE_MASK }
const editor = { id: 'e', name: 'Editor', mask: WHOLE_MASK & ~maskBit('enterprise', 'delete') }
const permissions = new Map<string, MenuPermission[]>([
  ['r', [{ menu: 'access-control', ...view, tabs: [] }]],
  ['e', [{ menu: 'access-control', ...none, tabs: [{ tab: 'users', ...view, canEdit: true, canDelete: true }] }]],
])
const all = givers(
  [
    { id: 'a', name: 'Night shift', roles: [reader, editor] },
    { id: 'b', name: 'Day shift', roles: [reader] },
  ],
  permissions,
)

test('a role stands once, with every group that it comes through', () => {
  expect(all.map((one) => [one.role.name, one.groups.map((group) => group.name)])).toEqual([
    ['Reader', ['Night shift', 'Day shift']],
    ['Editor', ['Night shift']],
  ])
})

test('a right comes from every role that gives it', () => {
  const origin = originOf(all, users, 'view')
  expect(origin.from.map(sourceInWords)).toEqual([
    'role Reader, by group Night shift and Day shift',
    'role Editor, by group Night shift',
  ])
  expect(originOf(all, users, 'edit').from.map((one) => one.role.name)).toEqual(['Editor'])
  expect(originOf(all, users, 'create')).toEqual({ from: [], held: [] })
})

test('a right that the scope mask removes differs from one that is not given', () => {
  const origin = originOf(all, users, 'delete')
  expect(origin.from).toEqual([])
  expect(origin.held.map((one) => one.role.name)).toEqual(['Editor'])
})

test('a tab that is left out has the rights of its menu', () => {
  expect(originOf(all, { menu: 'access-control', tab: 'groups' }, 'view').from.map((one) => one.role.name)).toEqual([
    'Reader',
  ])
  expect(holds(permissions.get('r')!, { menu: 'access-control', tab: 'roles' }, 'view')).toBe(true)
  expect(holds(permissions.get('e')!, { menu: 'access-control', tab: 'roles' }, 'view')).toBe(false)
})
