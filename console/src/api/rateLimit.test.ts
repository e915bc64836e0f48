import { expect, test } from 'vitest'
import { ApiError } from './problem'
import { afterRateLimit } from './rateLimit'

function refusal(status: number, retryAfter?: number) {
  const headers = new Headers({ 'content-type': 'application/problem+json' })
  const code = status === 429 ? 'too_many_requests' : 'unauthenticated'
  const problem = { type: '', title: '', status, detail: 'no', code, requestId: 'r', errors: [], retryAfter }
  return ApiError.of(new Response(null, { status, headers }), problem)
}

test('a short limit is waited for, as long as the server says', async () => {
  const waits: number[] = []
  const answers = [refusal(429, 3), refusal(429, 5), undefined]
  const work = async () => {
    const answer = answers.shift()
    if (answer) throw answer
    return 'renewed'
  }
  const wait = async (seconds: number) => void waits.push(seconds)
  expect(await afterRateLimit(work, wait)).toBe('renewed')
  expect(waits).toEqual([3, 5])
})

test('what is no limit is thrown at once, and a limit that stays is thrown in the end', async () => {
  let tries = 0
  const fails = (error: ApiError) => async () => {
    tries += 1
    throw error
  }
  const wait = async () => undefined
  await expect(afterRateLimit(fails(refusal(401)), wait)).rejects.toThrow('no')
  expect(tries).toBe(1)
  tries = 0
  await expect(afterRateLimit(fails(refusal(429, 1)), wait)).rejects.toThrow('no')
  expect(tries).toBe(4)
  tries = 0
  await expect(afterRateLimit(fails(refusal(429, 600)), wait)).rejects.toThrow('no')
  expect(tries).toBe(1)
})
