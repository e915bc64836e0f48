// Fails if an npm package in a lock file has a license that is not on the allow list. Reads the lock files only.
import { readFileSync } from 'node:fs'

// Permissive licenses and public-domain dedications: at most they ask to keep a notice.
const PERMISSIVE = [
  '0BSD',
  'Apache-2.0',
  'BlueOak-1.0.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'CC0-1.0',
  'CC-BY-4.0',
  'ISC',
  'MIT',
  'MIT-0',
  'Python-2.0',
  'Unlicense',
]
// MPL-2.0 is copyleft for each file: who distributes MPL code must offer its source. Development tools may have it
// (axe-core, lightningcss), since they are not distributed. The console's bundle may not.
const TOOLS_ONLY = ['MPL-2.0']
// Licenses that are allowed for one package. OFL-1.1 allows a font as a part of a product.
const EXCEPTIONS = { '@fontsource-variable/inter': 'OFL-1.1' }
// Packages without a license in the lock file, with the license that their LICENSE file contains.
const UNDECLARED = { 'parse-cache-control@1.0.1': 'BSD-3-Clause', 'reserved@0.1.2': 'MIT' }

const ROOT = new URL('../', import.meta.url)
/** Lock files; all packages of a tool are development dependencies. */
const LOCK_FILES = [
  { file: 'package-lock.json', tool: false },
  { file: 'tools/apigen/package-lock.json', tool: true },
  { file: 'tools/apilint/package-lock.json', tool: true },
  { file: 'tools/lighthouse/package-lock.json', tool: true },
  { file: '../clients/typescript/package-lock.json', tool: false },
]

/** Takes SPDX expressions without nesting, `(MIT OR CC0-1.0)` or `MIT AND ISC`, and refuses all others. */
export function allows(expression, allowed) {
  const terms = expression.replace(/^\((.*)\)$/, '$1')
  if (/[()]/.test(terms)) return false
  if (terms.includes(' OR ')) return terms.split(' OR ').some((term) => allowed.includes(term))
  return terms.split(' AND ').every((term) => allowed.includes(term))
}

/** One line for each package of a lock file whose license is not allowed. */
export function violations(packages, tool) {
  return Object.entries(packages).flatMap(([path, { version, license, dev, link }]) => {
    if (path === '' || link) return []
    const name = path.split('node_modules/').at(-1)
    const expression = license ?? UNDECLARED[`${name}@${version}`]
    const allowed = [...PERMISSIVE, ...(tool || dev ? TOOLS_ONLY : []), EXCEPTIONS[name]]
    if (typeof expression === 'string' && allows(expression, allowed)) return []
    const kind = tool || dev ? 'development' : 'production'
    return [`${name}@${version} (${kind}): ${expression ? `license ${expression} is not allowed` : 'has no license'}`]
  })
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const found = LOCK_FILES.flatMap(({ file, tool }) =>
    violations(JSON.parse(readFileSync(new URL(file, ROOT), 'utf8')).packages, tool).map((line) => `${file}: ${line}`),
  )
  for (const line of found) console.error(line)
  if (found.length > 0) {
    console.error('Replace the package, or add its license in tools/licenses.mjs with the reason.')
    process.exitCode = 1
  }
}
