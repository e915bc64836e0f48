// A refusal with 429 means "wait", never "signed out".
import { ApiError } from './problem'

const MOST_TRIES = 4
const LONGEST_WAIT_S = 60

/** Does it again after the time that the server names, a few times. */
export async function afterRateLimit<T>(work: () => Promise<T>, wait = sleep): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      // One after the other: that is the point.
      // oxlint-disable-next-line no-await-in-loop
      return await work()
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429) || tries === MOST_TRIES) throw error
      // oxlint-disable-next-line no-await-in-loop
      await wait(Math.min(error.retryAfter ?? 1, LONGEST_WAIT_S))
    }
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}
