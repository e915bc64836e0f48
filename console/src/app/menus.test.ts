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

const labels = (held: Permissions | undefined, operator: boolean, inAccount = true) =>
  menusFor(held, operator, inAccount).map((menu) => [menu.label, ...menu.pages.map((page) => page.label)])

const OWN = ['Security', 'Profile', 'Password', 'Sessions']

test('only what is visible is drawn, and what is one’s own is always', () => {
  expect(labels(permissions([['access-control', ['users']]]), false)).toEqual([['Access control', 'Users'], OWN])
})

test('pages of the platform are for its operators, who find the catalogue there', () => {
  const held = permissions([
    ['overview', ['accounts', 'provisioning', 'audit', 'account-audit']],
    ['account-settings', ['account', 'enterprises', 'licenses']],
  ])
  expect(labels(held, false)).toEqual([
    ['This account', 'Account', 'Enterprises', 'Products', 'Services', 'Licenses', 'Audit log'],
    OWN,
  ])
  expect(labels(held, true)).toEqual([
    [
      'Platform',
      'Accounts',
      'Enterprises',
      'Products',
      'Services',
      'Runs',
      'Failed steps',
      'Sent mail',
      'Audit logs',
      'Scheduled jobs',
      'Health',
    ],
    ['This account', 'Account', 'Licenses', 'Audit log'],
    OWN,
  ])
})

test('outside of an account there are no pages of one', () => {
  const held = permissions([
    ['overview', ['accounts']],
    ['access-control', ['users']],
  ])
  expect(labels(held, true, false)).toEqual([['Platform', 'Accounts'], OWN])
})

test('a tab of a menu that is not visible is not either', () => {
  const held = permissions([['access-control', ['users']]])
  held.menus[0] = { ...held.menus[0]!, ...NONE }
  expect(labels(held, false)).toEqual([OWN])
})

test('menus without pages yet are not drawn', () => {
  const held = permissions([
    ['pipelines', ['pipelines']],
    ['builds', ['builds']],
  ])
  expect(labels(held, true)).toEqual([OWN])
})
