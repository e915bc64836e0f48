// What the browser must fetch for the sign-in page and for the frame with its overview, gzipped, against their budgets.
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'

const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', dist), 'utf8'))
const KILO = 1000

/** A module's file, its styles, and those of everything that it imports at once. */
function files(key, into = new Set()) {
  const entry = manifest[key]
  if (into.has(entry.file)) return into
  into.add(entry.file)
  for (const style of entry.css ?? []) into.add(style)
  for (const imported of entry.imports ?? []) files(imported, into)
  return into
}

function size(...keys) {
  const all = new Set(['index.html', 'scheme.js'])
  for (const key of keys) for (const file of files(key)) all.add(file)
  let bytes = 0
  for (const file of all) bytes += gzipSync(readFileSync(new URL(file, dist)), { level: 9 }).length
  return bytes / KILO
}

const page = (name) => Object.keys(manifest).find((key) => key.endsWith(`/${name}.tsx`))
const frame = ['index.html', page('Frame')]
const signIn = size('index.html', page('SignInPage'))
const overview = size(...frame, page('AccountsPage'))
const others = Object.keys(manifest)
  .filter((key) => /^src\/pages\/.*Page\.tsx$/.test(key))
  .map((key) => [key.split('/').at(-1).replace('.tsx', ''), size(...frame, key) - size(...frame)])
  .toSorted((a, b) => b[1] - a[1])

const checks = [
  ['sign-in', signIn, 200],
  ['frame with the accounts', overview, 250],
  ['largest page beside the frame', others[0][1], 80],
]
for (const [name, is, budget] of checks) console.log(`${name.padEnd(32)}${is.toFixed(1).padStart(7)} kB of ${budget}`)
console.log(
  `${'the largest are'.padEnd(32)}${others
    .slice(0, 3)
    .map(([name, is]) => `${name} ${is.toFixed(1)}`)
    .join(', ')}`,
)
if (checks.some(([, is, budget]) => is > budget)) process.exitCode = 1
