import { expect, test } from 'vitest'
import { bodyOf, fieldAt, settingProblem, valuesOf } from './tools'

const WORKSTREAM = {
  id: 'w',
  accountId: 'a',
  enterpriseId: 'e',
  name: 'Checkout',
  description: null,
  builtIn: false,
  createdAt: '',
  updatedAt: '',
  tools: [{ tool: 'Jira', url: null, settings: { project: 'SHOP', query: 'a = b' } }],
}

test('what is shown is what is sent back', () => {
  const { name, description, tools } = WORKSTREAM
  expect(bodyOf(valuesOf(WORKSTREAM))).toEqual({ name, description, tools })
})

test('settings that are none are named', () => {
  expect(settingProblem('region = eu\n\nzone=1')).toBeUndefined()
  expect(settingProblem('region')).toContain('write name = value')
  expect(settingProblem('= eu')).toContain('write name = value')
  expect(settingProblem('a = 1\na = 2')).toBe('“a” is set twice')
})

test('the API’s pointers lead to the form’s fields', () => {
  expect(['/name', '/tools/1/url', '/tools/0/settings/region', '/enterpriseId', ''].map(fieldAt)).toEqual([
    'name',
    'tools.1.url',
    'tools.0.settings',
    undefined,
    undefined,
  ])
})
