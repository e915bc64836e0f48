// The platform's figures, read from what it tells Prometheus.

export type Sample = { name: string; labels: Record<string, string>; value: number }

/** The samples of an OpenMetrics text; lines that are none are passed over. */
export function parseMetrics(text: string): Sample[] {
  const samples: Sample[] = []
  for (const line of text.split('\n')) {
    const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([^ ]+)/.exec(line)
    const [, name, labels = '', value] = found ?? []
    if (!name || line.startsWith('#')) continue
    samples.push({ name, labels: labelsOf(labels), value: Number(value) })
  }
  return samples
}

function labelsOf(text: string): Record<string, string> {
  const labels: Record<string, string> = {}
  for (const [, name, value] of text.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) {
    if (name && value !== undefined)
      labels[name] = value.replaceAll(/\\(.)/g, (_, one: string) => (one === 'n' ? '\n' : one))
  }
  return labels
}

/** The sums of a counter by one of its labels. */
export function sumBy(samples: Sample[], name: string, label: string): Map<string, number> {
  const sums = new Map<string, number>()
  for (const sample of samples) {
    if (sample.name !== name) continue
    const key = sample.labels[label] ?? ''
    sums.set(key, (sums.get(key) ?? 0) + sample.value)
  }
  return sums
}

/** The bound, in seconds, below which a share of what a histogram has counted lies; nothing if it has counted nothing. */
export function quantile(samples: Sample[], name: string, share: number): number | undefined {
  const buckets = new Map<number, number>()
  for (const sample of samples) {
    if (sample.name !== `${name}_bucket`) continue
    const bound = sample.labels.le === '+Inf' ? Infinity : Number(sample.labels.le)
    buckets.set(bound, (buckets.get(bound) ?? 0) + sample.value)
  }
  const sorted = [...buckets].toSorted((a, b) => a[0] - b[0])
  const all = sorted.at(-1)?.[1] ?? 0
  if (all === 0) return undefined
  return sorted.find(([, upTo]) => upTo >= all * share)?.[0]
}
