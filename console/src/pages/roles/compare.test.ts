import { expect, test } from 'vitest'
import { WHOLE_MASK, maskBit } from '../../app/permissions'
import { compared } from './compare'
import { keyOf } from './matrix'

const users = { menu: 'access-control', tab: 'users' } as const
const view = keyOf(users, 'view')
const edit = keyOf(users, 'edit')
const said = (...of: Parameters<typeof compared>) => compared(...of).map(({ key, one, two }) => [key, one, two])

test('rights of either role are compared, in the order of the matrix', () => {
  const one = { grants: new Set([edit, view]), mask: WHOLE_MASK }
  const two = { grants: new Set([view]), mask: WHOLE_MASK }
  expect(said(one, two)).toEqual([
    [view, true, true],
    [edit, true, false],
  ])
})

test('a right that the limits of its role block is none', () => {
  const grants = new Set([view, edit])
  const limited = { grants, mask: WHOLE_MASK & ~maskBit('enterprise', 'edit') }
  expect(said({ grants, mask: WHOLE_MASK }, limited)).toEqual([
    [view, true, true],
    [edit, true, false],
  ])
})
