import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { api, send } from './client'
import { accept } from './session'

const idToken = `h.${btoa(JSON.stringify({ sub: 'ada', email: 'ada@example.com' }))}.s`
const tokens = (accessToken: string) => ({ accessToken, idToken, expiresIn: 900, tokenType: 'Bearer' }) as never
const answer = (status: number, body: unknown) => new Response(JSON.stringify(body), { status })

let asked: string[]
let refusal: { code: string; detail: string } | undefined

beforeEach(() => {
  asked = []
  refusal = undefined
  accept(tokens('first'))
  vi.stubGlobal('fetch', async (input: Request | string) => {
    const path = typeof input === 'string' ? input : new URL(input.url).pathname
    asked.push(path)
    if (path === '/api/auth/refresh') {
      if (refusal?.code === 'unauthenticated') refusal = undefined
      return answer(200, tokens('second'))
    }
    return refusal ? answer(401, refusal) : answer(200, {})
  })
})

afterEach(() => vi.unstubAllGlobals())

const change = () =>
  send(api.POST('/api/auth/change-password', { body: { oldPassword: 'mistyped', newPassword: 'Quiet-Harbour-7' } }))

test('a wrong password in a body is sent once: the token was not refused', async () => {
  refusal = { code: 'invalid_credentials', detail: 'the password is not right' }
  await expect(change()).rejects.toMatchObject({ status: 401, code: 'invalid_credentials' })
  expect(asked).toEqual(['/api/auth/change-password'])
})

test('a refused token is renewed, and the call is sent again', async () => {
  refusal = { code: 'unauthenticated', detail: 'the token has expired' }
  await change()
  expect(asked).toEqual(['/api/auth/change-password', '/api/auth/refresh', '/api/auth/change-password'])
})
