// The one door to the API: typed by its document, signed by the session, failing in one way.
import createClient from 'openapi-fetch'
import { ApiError, type ProblemCode } from './problem'
import type { paths } from './schema.gen'
import { accessToken, sessionState } from './session'

/** Calls that are made before anybody is signed in. */
const PUBLIC = /^\/api\/auth\/(login|challenge|forgot-password|reset-password|accept-invitation)$/

export const api = createClient<paths>({ baseUrl: location.origin, fetch: signed })

async function signed(request: Request): Promise<Response> {
  if (PUBLIC.test(new URL(request.url).pathname)) return fetch(request)
  // A body can be sent once; the second try needs one of its own.
  const again = request.clone()
  const token = await accessToken()
  const response = await bearing(request, token)
  if (!(await refusesToken(response)) || sessionState().kind === 'signed-out') return response
  return bearing(again, await accessToken(token))
}

/** Whether the token was refused. A 401 may also say that a password in the body is wrong: each try of that counts. */
async function refusesToken(response: Response): Promise<boolean> {
  if (response.status !== 401) return false
  const problem = (await response
    .clone()
    .json()
    .catch(() => undefined)) as { code?: ProblemCode } | undefined
  return problem?.code === 'unauthenticated'
}

function bearing(request: Request, token: string): Promise<Response> {
  request.headers.set('authorization', `Bearer ${token}`)
  return fetch(request)
}

/** A stream of the API, signed like every call. */
export function open(path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Response> {
  return signed(new Request(new URL(path, location.origin), { headers, signal }))
}

type Answered<T> = { data?: T; error?: unknown; response: Response }

/** The body of a success; everything else is thrown as an `ApiError`. */
export async function send<T>(call: Promise<Answered<T>>): Promise<T> {
  return (await sent(call)).data as T
}

/** A record with the tag by which an update says which version it means. */
export type Tagged<T> = { record: T; tag: string }

export async function sendTagged<T>(call: Promise<Answered<T>>): Promise<Tagged<T>> {
  const { data, response } = await sent(call)
  return { record: data as T, tag: response.headers.get('etag') ?? '*' }
}

async function sent<T>(call: Promise<Answered<T>>): Promise<Answered<T>> {
  let answered: Answered<T>
  try {
    answered = await call
  } catch (error) {
    if (error instanceof ApiError || (error instanceof DOMException && error.name === 'AbortError')) throw error
    throw ApiError.unreachable()
  }
  if (!answered.response.ok) throw ApiError.of(answered.response, answered.error)
  return answered
}

/** A name for one intent, so that sending it twice does it once: the same body keeps its key until it has been done. */
export function intents(): { keyOf: (body: unknown) => string; done: () => void } {
  let kept: { body: string; key: string } | undefined
  return {
    keyOf(body) {
      const text = JSON.stringify(body)
      if (kept?.body !== text) kept = { body: text, key: randomKey() }
      return kept.key
    },
    done() {
      kept = undefined
    },
  }
}

function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
