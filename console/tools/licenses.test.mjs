// @vitest-environment node
import { expect, test } from 'vitest'
import { allows, violations } from './licenses.mjs'

test('one allowed license is enough for OR; AND needs all of them', () => {
  expect(allows('(MIT OR GPL-3.0-only)', ['MIT'])).toBe(true)
  expect(allows('MIT AND GPL-3.0-only', ['MIT'])).toBe(false)
  expect(allows('(MIT OR ISC) AND (GPL-3.0-only OR AGPL-3.0-only)', ['MIT'])).toBe(false)
})

test('a package without an allowed license is named', () => {
  const packages = {
    '': { name: 'console' },
    'node_modules/fine': { version: '1.0.0', license: 'MIT' },
    'node_modules/fine/node_modules/@scope/viral': { version: '2.1.0', license: 'GPL-3.0-only', dev: true },
    'node_modules/unknown': { version: '3.0.0' },
  }
  expect(violations(packages, false)).toEqual([
    '@scope/viral@2.1.0 (development): license GPL-3.0-only is not allowed',
    'unknown@3.0.0 (production): has no license',
  ])
})

test('MPL-2.0 is for development tools only', () => {
  const mpl = { version: '1.0.0', license: 'MPL-2.0' }
  expect(violations({ 'node_modules/tool': { ...mpl, dev: true } }, false)).toEqual([])
  expect(violations({ 'node_modules/tool': mpl }, true)).toEqual([])
  expect(violations({ 'node_modules/bundled': mpl }, false)).toEqual([
    'bundled@1.0.0 (production): license MPL-2.0 is not allowed',
  ])
})
