// Queries: each GET of the API, cached by its path and parameters.
import {
  QueryCache,
  QueryClient,
  type QueryFunction,
  type QueryKey,
  keepPreviousData,
  queryOptions,
} from '@tanstack/react-query'
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
/** One item of a list. */
export type Item<P extends GetPath> = Answer<P> extends { items: Array<infer One> } ? One : never

export const queries = new QueryClient({
  queryCache: new QueryCache(),
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      retry: (count, error) => error instanceof ApiError && error.passing && error.status !== 429 && count < 2,
      retryDelay: (count) => 400 * 2 ** count,
      // The server may run on this machine, so the browser's online state says nothing about it. A query then reports
      // that there is no answer, and a mutation fails at once instead of waiting for the network.
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
    // A form shows the answer, so it must not change while the user types.
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  })
}

/** Reads a record past the cache, so that what a page shows and what its form holds stay as they are. */
export function readNow<T>(query: { queryKey: QueryKey; queryFn?: unknown }): Promise<T> {
  const queryFn = query.queryFn as QueryFunction<T>
  return queries.fetchQuery({ queryKey: [...query.queryKey, 'now'], queryFn, staleTime: 0, gcTime: 0 })
}

/** A page of a list. The previous page stays visible until the next one is loaded. */
export function qPage<P extends GetPath>(path: P, params: Params<P>) {
  return { ...q(path, params), placeholderData: keepPreviousData }
}

/** All items of a list, for select fields; the bound is above any real tenant. */
export function qAll<P extends GetPath>(path: P, params: Params<P>, most = 1000) {
  return queryOptions({
    queryKey: [path, params, 'all'] as const,
    queryFn: async (): Promise<Array<Item<P>>> => (await everything(path, params, most)).items,
  })
}

/** Marks the queries of these paths as stale. Visible ones are fetched again now, the others when they are next used. */
export function invalidate(...changed: GetPath[]): Promise<void> {
  return queries.invalidateQueries({ predicate: (query) => changed.includes(query.queryKey[0] as GetPath) })
}

/** Loads a list page by page up to a bound; `complete` is false if the list has more items. */
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

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i

/** Whether a path names records by ids that none can have: an address of the console can be mistyped. */
function isMalformed(ids: object | undefined): boolean {
  return Object.values(ids ?? {}).some((id) => !UUID.test(String(id)))
}

async function get<P extends GetPath>(path: P, params: Params<P>, signal?: AbortSignal) {
  // Every name in the paths that are read here is an id.
  if (isMalformed(params.path as object | undefined)) throw ApiError.missing()
  // The callers' types check path and parameters; the client's types do not support a generic path.
  const call = api.GET as (
    path: string,
    init: object,
  ) => Promise<{ data?: unknown; error?: unknown; response: Response }>
  return call(path, { params, signal })
}
