// Writes src/api/*.gen.ts from the API's document. Run by `make codegen-console`.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import openapi, { astToString } from 'openapi-typescript'

const root = new URL('../../../', import.meta.url)
const text = readFileSync(new URL('openapi.json', root), 'utf8')
const head = `// Generated from openapi.json (sha256 ${createHash('sha256').update(text).digest('hex')}). Not edited by hand.\n`
const out = (name) => new URL(`console/src/api/${name}`, root)

const document = JSON.parse(text)
writeFileSync(out('schema.gen.ts'), `${head}${astToString(await openapi(document, { defaultNonNullable: false }))}`)

const rights = []
const actions = new Set()
for (const methods of Object.values(document.paths)) {
  for (const operation of Object.values(methods)) {
    const right = operation['x-right']
    if (!right) continue
    const { action, ...rest } = right
    rights.push(`  ${operation.operationId}: ${JSON.stringify(rest)},`)
    if (rest.verb !== 'view') actions.add(action)
  }
}
writeFileSync(
  out('rights.gen.ts'),
  `${head}/** The right that each operation asks for, as the server's guard holds it. */\nexport const rights = {\n${rights.join('\n')}\n} as const\n`,
)
writeFileSync(
  out('actions.gen.ts'),
  `${head}/** The actions that the audit log can hold: all that change something. */\nexport const actions = ${JSON.stringify([...actions])}\n`,
)
