// The tools of a workstream, as its form holds them and as the API takes them.
import type { components } from '../../api/schema.gen'

type Workstream = components['schemas']['Workstream']

export type Values = {
  name: string
  description: string
  /** Settings are written a line each: `name = value`. */
  tools: Array<{ tool: string; url: string; settings: string }>
}

export function valuesOf(workstream: Workstream): Values {
  return {
    name: workstream.name,
    description: workstream.description ?? '',
    tools: workstream.tools.map(({ tool, url, settings }) => ({
      tool,
      url: url ?? '',
      settings: Object.entries(settings ?? {})
        .map(([name, value]) => `${name} = ${String(value)}`)
        .join('\n'),
    })),
  }
}

export function bodyOf(values: Values) {
  return {
    name: values.name,
    description: values.description || null,
    tools: values.tools.map(({ tool, url, settings }) => ({ tool, url: url || null, settings: settingsOf(settings) })),
  }
}

function settingsOf(text: string): Record<string, string> {
  return Object.fromEntries(
    lines(text).map((line) => {
      const at = line.indexOf('=')
      return [line.slice(0, at).trim(), line.slice(at + 1).trim()]
    }),
  )
}

/** What is wrong with settings, if something is. */
export function settingProblem(text: string): string | undefined {
  const seen = new Set<string>()
  for (const line of lines(text)) {
    const at = line.indexOf('=')
    if (at < 1) return `“${line}” is no setting: write name = value`
    const name = line.slice(0, at).trim()
    if (seen.has(name)) return `“${name}” is set twice`
    seen.add(name)
  }
  return undefined
}

function lines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** `/tools/0/settings/region` is a line of the field `tools.0.settings`. */
export function fieldAt(
  pointer: string,
): 'name' | 'description' | `tools.${number}.${'tool' | 'url' | 'settings'}` | undefined {
  const [, first, place, field] = pointer.split('/')
  if (first === 'name' || first === 'description') return first
  if (first === 'tools' && place && (field === 'tool' || field === 'url' || field === 'settings'))
    return `tools.${Number(place)}.${field}`
  return undefined
}
