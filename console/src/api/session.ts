// The session: the access token in memory, the refresh token in a cookie that no script can read.
import { useSyncExternalStore } from 'react'
import { ApiError } from './problem'
import { afterRateLimit } from './rateLimit'
import type { components } from './schema.gen'

type SignInAnswer = components['schemas']['SignInAnswer']
type Tokens = components['schemas']['Tokens']

export type Person = { subject: string; email: string }
type Held = Person & { token: string; expiresAt: number }

export type SessionState =
  | { kind: 'starting' }
  | { kind: 'signed-out' }
  | { kind: 'signed-in'; person: Person }
  /** Somebody was signed in and has work on the page: it stays, and goes on once they have signed in again. */
  | { kind: 'ended'; person: Person; other?: Person }

/** Only says that a sign-in happened here, so that a first visit does not ask for a session in vain. */
const HINT = 'freehold.signed-in'
const RENEW_BEFORE_MS = 30_000

let state: SessionState = { kind: 'starting' }
let held: Held | undefined
let renewing: Promise<void> | undefined
let waiting: Array<() => void> = []
const listeners = new Set<() => void>()
const others = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('freehold.session')

others?.addEventListener('message', (message: MessageEvent<'in' | 'out'>) => {
  if (message.data === 'out') {
    // They meant it: nothing of theirs stays on any screen, unlike after an expiry.
    leave()
  } else if (message.data === 'in' && state.kind === 'ended') {
    void renew().catch(() => undefined)
  } else if (message.data === 'in' && state.kind === 'signed-out') {
    location.reload()
  }
})

export function useSession(): SessionState {
  return useSyncExternalStore(listen, () => state)
}

export function sessionState(): SessionState {
  return state
}

/** Takes up the session that the browser's cookie holds, if there is one. */
export async function startSession(): Promise<void> {
  if (!remembered()) {
    become({ kind: 'signed-out' })
    return
  }
  try {
    await renew()
  } catch (error) {
    become({ kind: 'signed-out' })
    if (!(error instanceof ApiError && error.status === 401)) throw error
  }
}

/** A token that is good for a while. While the session is ended it waits until somebody has signed in again. */
export async function accessToken(refused?: string): Promise<string> {
  for (;;) {
    if (held && held.token !== refused && held.expiresAt - RENEW_BEFORE_MS > Date.now()) return held.token
    if (state.kind === 'signed-out' || state.kind === 'starting') throw ApiError.unreachable()
    if (state.kind === 'ended') await new Promise<void>((resolve) => waiting.push(resolve))
    else await renew()
  }
}

/** The answer of a sign-in that needs more: a new password, or the choice of an account. */
export type Challenge = Exclude<SignInAnswer, Tokens>

/** Takes the answer to a sign-in or a challenge. A challenge is returned; tokens are kept. */
export function accept(answer: SignInAnswer): Challenge | undefined {
  if ('challenge' in answer) return answer
  keep(answer)
  others?.postMessage('in')
  return undefined
}

/** Fetches new tokens, after something that they show has changed. */
export function renewSession(): Promise<void> {
  return renew()
}

/** Goes over to another account that the person belongs to. The page is loaded anew, for all of it shows the account before. */
export async function switchAccount(accountId: string): Promise<void> {
  await alone(() => post('/api/auth/refresh', { accountId }))
  others?.postMessage('in')
  location.assign('/')
}

export async function signOut(): Promise<void> {
  try {
    // The server ends the session of the cookie and of the token: either may be missing.
    await afterRateLimit(() => post('/api/auth/logout', {}, held?.token))
  } finally {
    forget()
  }
}

/** The session is gone on the server; so it is here, in all tabs. */
export function forget(): void {
  remember(false)
  others?.postMessage('out')
  leave()
}

function leave(): void {
  held = undefined
  become({ kind: 'signed-out' })
  wake()
}

/** Requests that waited for a session go on, or fail if there is none. */
function wake(): void {
  const woken = waiting
  waiting = []
  for (const one of woken) one()
}

/** One renewal at a time in this tab, and one at a time in the browser: each takes the cookie that the last one set. */
function renew(): Promise<void> {
  renewing ??= alone(async () => {
    const answer = (await afterRateLimit(() => post('/api/auth/refresh', {}))) as Tokens
    keep(answer)
  })
    .catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) {
        held = undefined
        if (state.kind === 'signed-in') {
          become({ kind: 'ended', person: state.person })
          return
        }
        remember(false)
      }
      throw error
    })
    .finally(() => {
      renewing = undefined
    })
  return renewing
}

function alone<T>(work: () => Promise<T>): Promise<T> {
  return navigator.locks ? navigator.locks.request('freehold.session', work) : work()
}

function keep(tokens: Tokens): void {
  const person = personOf(tokens.idToken)
  const before = state.kind === 'signed-in' || state.kind === 'ended' ? state.person : undefined
  if (before && before.subject !== person.subject) {
    // Somebody else has signed in, in this browser. This page is still the first one's.
    held = undefined
    become({ kind: 'ended', person: before, other: person })
    return
  }
  held = { ...person, token: tokens.accessToken, expiresAt: Date.now() + tokens.expiresIn * 1000 }
  remember(true)
  become({ kind: 'signed-in', person })
  wake()
}

function personOf(token: string): Person {
  const part = token.split('.')[1] ?? ''
  const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (one) => one.charCodeAt(0))
  const claims = JSON.parse(new TextDecoder().decode(bytes)) as { sub: string; email?: string }
  return { subject: claims.sub, email: claims.email ?? '' }
}

/** The session's own calls never wait for a token, so they do not go through the client that asks for one. */
async function post(path: string, body: unknown, token?: string): Promise<unknown> {
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  } catch {
    throw ApiError.unreachable()
  }
  const text = await response.text()
  const answer: unknown = text ? JSON.parse(text) : undefined
  if (!response.ok) throw ApiError.of(response, answer)
  return answer
}

function become(next: SessionState): void {
  state = next
  for (const listener of listeners) listener()
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function remembered(): boolean {
  try {
    return localStorage.getItem(HINT) === 'yes'
  } catch {
    return true
  }
}

function remember(yes: boolean): void {
  try {
    if (yes) localStorage.setItem(HINT, 'yes')
    else localStorage.removeItem(HINT)
  } catch {
    // Storage is switched off: the next visit asks the server.
  }
}
