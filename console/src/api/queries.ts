// Reading: every GET of the API as a query of the cache, named by its path and parameters.
import { QueryCache, QueryClient, type QueryKey, keepPreviousData, queryOptions } from '@tanstack/react-query'
import type { PathsWithMethod } from 'openapi-typescript-helpers'
import { api, send, sendTagged, type Tagged } from './client'
import { ApiError } from './problem'
import type { paths } from './schema.gen'

export type GetPath = PathsWithMethod<paths, 'get'>

type Operation<P extends GetPath> = paths[P]['get']
export type Answer<P extends GetPath> =
  Operation<P> extends { responses: { 200: { content: { 'application/json': infer Body } } } } ? Body : never
type Parameters<P extends GetPath> = Operation<P> extends { parameters: infer Given } ? Given : never
export type Params<P extends GetPath> = {
  path?: Parameters<P> extends { path: infer Path } ? Path : undefined
  query?: Parameters<P> extends { query?: infer Query } ? Query : undefined
}
/** What one item of a list's page is. */
export type Item<P extends GetPath> = Answer<P> extends { items: Array<infer One> } ? One : never

export const queries = new QueryClient({
  queryCache: new QueryCache(),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => error instanceof ApiError && error.passing && error.status !== 429 && count < 2,
      retryDelay: (count) => 400 * 2 ** count,
      // The server may stand on this machine or beside it: what the browser thinks of the network says nothing about it.
      // Asked always, a query says so when there is no answer, and an act fails at once instead of being done later.
      networkMode: 'always',
      refetchOnReconnect: true,
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** `q('/api/groups/{groupId}', { path: { groupId } })` */
export function q<P extends GetPath>(path: P, params: Params<P> = {}) {
  return queryOptions({
    queryKey: [path, params] as const,
    queryFn: ({ signal }): Promise<Answer<P>> => send(get(path, params, signal)) as Promise<Answer<P>>,
  })
}

/** The same, with the tag that an update sends back. */
export function qTagged<P extends GetPath>(path: P, params: Params<P> = {}) {
  return queryOptions({
    queryKey: [path, params, 'tagged'] as QueryKey,
    queryFn: ({ signal }): Promise<Tagged<Answer<P>>> =>
      sendTagged(get(path, params, signal)) as Promise<Tagged<Answer<P>>>,
    // A form is filled from it: it must not change under the one who types.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

/** A page of a list: the page before stays on screen while the next one is fetched. */
export function qPage<P extends GetPath>(path: P, params: Params<P>) {
  return { ...q(path, params), placeholderData: keepPreviousData }
}

/** All of a list, for fields that choose from it, up to a bound that no tenant comes near. */
export function qAll<P extends GetPath>(path: P, params: Params<P>, most = 1000) {
  return queryOptions({
    queryKey: [path, params, 'all'] as const,
    queryFn: async (): Promise<Array<Item<P>>> => (await everything(path, params, most)).items,
  })
}

/** Everything under these paths was changed: what is on screen is fetched anew, the rest when it is next shown. */
export function invalidate(...changed: GetPath[]): Promise<void> {
  return queries.invalidateQueries({ predicate: (query) => changed.includes(query.queryKey[0] as GetPath) })
}

/** Every item of a list, page by page, up to a bound that is told to whoever asks. */
export async function everything<P extends GetPath>(
  path: P,
  params: Params<P>,
  most: number,
  onPage?: (soFar: number) => void,
): Promise<{ items: Array<Item<P>>; complete: boolean }> {
  const items: Array<Item<P>> = []
  let cursor: string | undefined
  do {
    const query = { ...(params.query as object | undefined), limit: 200, ...(cursor ? { cursor } : {}) }
    const page = (await send(get(path, { ...params, query } as Params<P>))) as {
      items: Array<Item<P>>
      nextCursor?: string
    }
    items.push(...page.items)
    cursor = page.nextCursor
    onPage?.(items.length)
  } while (cursor && items.length < most)
  return { items, complete: !cursor }
}

function get<P extends GetPath>(path: P, params: Params<P>, signal?: AbortSignal) {
  // The pair of path and parameters is checked where it is written; the client's own types can't follow a generic one.
  const call = api.GET as (
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>
  return call(path, { params, signal })
}
