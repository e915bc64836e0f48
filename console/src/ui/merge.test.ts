import { expect, test } from 'vitest'
import { changesBetween, merged } from './merge'

const read = {
  firstName: 'Grace',
  lastName: 'Hopper',
  address: { city: 'Dublin', line1: '1 Quay' },
  groupIds: ['a', 'b'],
}

test('only what one changed is laid over what is stored now', () => {
  const mine = { ...read, firstName: 'Amazing', address: { ...read.address, line1: '2 Quay' } }
  const stored = { ...read, lastName: 'Murray', address: { ...read.address, city: 'Galway' } }
  expect(merged(read, mine, stored)).toEqual({
    firstName: 'Amazing',
    lastName: 'Murray',
    address: { city: 'Galway', line1: '2 Quay' },
    groupIds: ['a', 'b'],
  })
  expect(merged(read, read, stored)).toEqual(stored)
})

test('of several chosen ids, each one that was added or removed counts by itself', () => {
  const ids = (...groupIds: string[]) => ({ ...read, groupIds })
  expect(merged(read, ids('a', 'c'), ids('a', 'b', 'd')).groupIds).toEqual(['a', 'd', 'c'])
})

test('the changes of a save are those to what is stored now', () => {
  const stored = { ...read, firstName: 'G.', lastName: 'Murray' }
  const result = merged(read, { ...read, firstName: 'Amazing' }, stored)
  expect(changesBetween(stored, result)).toEqual([
    { field: 'firstName', label: 'First name', before: 'G.', after: 'Amazing' },
  ])
  expect(changesBetween(read.address, { ...read.address, city: '' }, () => 'Town')).toEqual([
    { field: 'city', label: 'Town', before: 'Dublin', after: 'empty' },
  ])
})
