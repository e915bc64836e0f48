// The catalogue of what can be licensed, whole: selectors choose from it.
import { queryOptions } from '@tanstack/react-query'
import { everything } from '../api/queries'

/** Selectors take no more; a catalogue beyond it is searched by name in its lists. */
const MOST = 2_000

export function allOf<Path extends '/api/services' | '/api/products' | '/api/enterprises'>(path: Path) {
  return queryOptions({
    // Under the list's own path, so that what invalidates the list invalidates this.
    queryKey: [path, 'all'] as const,
    queryFn: async () => (await everything(path, {}, MOST)).items,
    staleTime: 10_000,
  })
}

export function choices(items: Array<{ id: string; name: string }> | undefined) {
  return (items ?? []).map((one) => ({ value: one.id, label: one.name }))
}
