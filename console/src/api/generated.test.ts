// @vitest-environment node
// The generated files come from the current API document.
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const digest = createHash('sha256')
  .update(readFileSync(new URL('openapi.json', root)))
  .digest('hex')

const FILES = readdirSync(new URL('console/src/api/', root)).filter((name) => name.endsWith('.gen.ts'))

test('the generated files are there', () => {
  expect(FILES).toEqual(['actions.gen.ts', 'menus.gen.ts', 'patterns.gen.ts', 'rights.gen.ts', 'schema.gen.ts'])
})

test.each(FILES)('%s is current; if not, run `make codegen`', (name) => {
  const [head] = readFileSync(new URL(`console/src/api/${name}`, root), 'utf8').split('\n')
  expect(head).toContain(digest)
})
