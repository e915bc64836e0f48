import { expect, test } from 'vitest'
import type { components } from '../api/schema.gen'
import { menusFor } from './menus'

type Permissions = components['schemas']['Permissions']

const ALL = { isVisible: true, canView: true, canCreate: true, canEdit: true, canDelete: true }
const NONE = { isVisible: false, canView: false, canCreate: false, canEdit: false, canDelete: false }

function permissions(visible: Array<[menu: string, tabs: string[]]>): Permissions {
  const menus = visible.map(([menu, tabs]) => ({ menu, ...ALL, tabs: tabs.map((tab) => ({ tab, ...ALL })) }))
  return { mask: 0, roles: [], groups: [], menus: menus as Permissions['menus'] }
}

const labels = (held: Permissions | undefined, operator: boolean) =>
  menusFor(held, operator).map((menu) => [menu.label, ...menu.pages.map((page) => page.label)])

test('only what is visible is drawn, and what is one’s own is always', () => {
  expect(labels(permissions([['access-control', ['users']]]), false)).toEqual([
    ['Access control', 'Users'],
    ['Security', 'Profile', 'Password', 'Sessions'],
  ])
})

test('pages of the platform are for its operators', () => {
  const held = permissions([['overview', ['accounts', 'provisioning', 'audit']]])
  expect(labels(held, false)[0]).toEqual(['Overview', 'Audit log'])
  expect(labels(held, true)[0]).toEqual([
    'Overview',
    'All accounts',
    'Provisioning runs',
    'Dead letters',
    'Audit log',
    'Outbox',
    'Platform health',
  ])
})

test('a tab of a menu that is not visible is not either', () => {
  const held = permissions([['access-control', ['users']]])
  held.menus[0] = { ...held.menus[0]!, ...NONE }
  expect(labels(held, false)).toEqual([['Security', 'Profile', 'Password', 'Sessions']])
})

test('menus without pages yet are not drawn', () => {
  expect(
    labels(
      permissions([
        ['pipelines', ['pipelines']],
        ['builds', ['builds']],
      ]),
      true,
    ),
  ).toEqual([['Security', 'Profile', 'Password', 'Sessions']])
})
