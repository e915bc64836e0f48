import { expect, test } from 'vitest'
import { count, daysUntil, formatAge, formatDuration, words } from './format'

test('counts agree with their nouns', () => {
  expect([0, 1, 2].map((many) => count(many, 'user'))).toEqual(['0 users', '1 user', '2 users'])
  expect(count(1000, 'entry', 'entries')).toMatch(/^1.?000 entries$/)
})

test('ages are said in the largest unit that fits', () => {
  const now = Date.parse('2026-06-15T12:00:00Z')
  const ages = [
    '2026-06-15T11:59:58Z',
    '2026-06-15T11:59:30Z',
    '2026-06-15T10:00:00Z',
    '2026-06-14T11:00:00Z',
    '2026-06-15T12:05:00Z',
  ]
  expect(ages.map((at) => formatAge(at, now))).toEqual([
    'just now',
    '30 seconds ago',
    '2 hours ago',
    'yesterday',
    'in 5 minutes',
  ])
})

test('a day ends when its day is over, wherever one is', () => {
  const now = Date.parse('2026-06-15T23:59:00Z')
  expect(['2026-06-14', '2026-06-15', '2026-06-16'].map((day) => daysUntil(day, now))).toEqual([-1, 0, 1])
})

test('durations have a unit that people read', () => {
  const from = '2026-06-15T12:00:00.000Z'
  expect(
    ['2026-06-15T12:00:00.250Z', '2026-06-15T12:00:02.500Z', '2026-06-15T12:03:20Z'].map((to) =>
      formatDuration(from, to),
    ),
  ).toEqual(['250 ms', '2.5 s', '3 min 20 s'])
})

test('identifiers become words', () => {
  expect([words('account-settings'), words('user_create')]).toEqual(['Account settings', 'User create'])
})
