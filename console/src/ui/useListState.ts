// A list's filters and place are its address: links to it and the browser's back button keep them.
import { useLocation, useNavigate, useSearch } from '@tanstack/react-router'

type Search = Record<string, string | undefined>
declare module '@tanstack/history' {
  interface HistoryState {
    /** The cursors of the pages before this one. */
    trail?: string[]
  }
}

export const PAGE_SIZES = ['25', '50', '100', '200']
const PAGE_SIZE = '50'

export function useListState() {
  const search: Search = useSearch({ strict: false })
  const location = useLocation()
  const navigate = useNavigate()
  const trail = location.state.trail ?? []
  const { cursor, limit = PAGE_SIZE } = search

  const go = (next: Search, state: { trail?: string[] }) =>
    navigate({ to: '.', search: next, state, resetScroll: false })

  return {
    search,
    limit: Number(PAGE_SIZES.includes(limit) ? limit : PAGE_SIZE),
    cursor,
    /** Which page it is; `undefined` for a link to one in the middle, of which the cursor alone is known. */
    page: !cursor ? 1 : trail.length > 0 ? trail.length + 1 : undefined,
    /** Narrows the list and begins at its first page. */
    filter(change: Search) {
      const next: Search = { ...search, ...change, cursor: undefined }
      for (const [key, value] of Object.entries(next)) if (!value) delete next[key]
      // Typing in a filter is one step of the history, not one for each letter.
      void navigate({ to: '.', search: next, state: {}, replace: true, resetScroll: false })
    },
    next(after: string) {
      void go({ ...search, cursor: after }, { trail: [...trail, cursor ?? ''] })
    },
    previous() {
      const before = trail.at(-1)
      void go({ ...search, cursor: before || undefined }, { trail: trail.slice(0, -1) })
    },
  }
}
