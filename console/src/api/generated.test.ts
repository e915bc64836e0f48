// @vitest-environment node
// The generated files are those of the API's document as it stands.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url)
const digest = createHash('sha256')
  .update(readFileSync(new URL('openapi.json', root)))
  .digest('hex')

test.each(['schema.gen.ts', 'rights.gen.ts', 'actions.gen.ts'])('%s is current; if not, run `make codegen`', (name) => {
  const [head] = readFileSync(new URL(`console/src/api/${name}`, root), 'utf8').split('\n')
  expect(head).toContain(digest)
})
