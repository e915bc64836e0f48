// Writes src/api/*.gen.ts from the API document. `make codegen` runs it.
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

const pattern = document.components.schemas.NewUser.properties.email.pattern
writeFileSync(
  out('patterns.gen.ts'),
  `${head}/** What an e-mail address looks like, as the server judges it. */\nexport const emailPattern = /${pattern.replaceAll('/', '\\/')}/\n`,
)

const { verbs, levels, menus, mask } = document['x-menus']
const each = (name, value) => `  ${name}: ${JSON.stringify(value)},`
const menuRows = menus.map((menu) => `  ${JSON.stringify(menu)},`)
const maskRows = Object.entries(mask.bits).map(([level, bits]) => each(level, bits))
writeFileSync(
  out('menus.gen.ts'),
  `${head}/** What a right can allow on a menu or tab. */
export const verbs = ${JSON.stringify(verbs)} as const
/** The levels of the scope mask. */
export const levels = ${JSON.stringify(levels)} as const
/** The menus with their tabs. A restricted tab inherits flags only from a menu that gives all of them. */
export const menus = [
${menuRows.join('\n')}
] as const
/** The bit of the scope mask that allows a verb on a level. */
export const maskBits = {
${maskRows.join('\n')}
} as const
/** The scope mask with every bit set. */
export const wholeMask = ${mask.everything}
`,
)
