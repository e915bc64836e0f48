// A refusal with 429 means "wait", never "signed out".
import { ApiError } from './problem'

const MOST_TRIES = 4
/** A longer wait is for people to see: a page says how long it is. */
const LONGEST_WAIT_S = 5

/** Repeats the work after the time that the server names, a few times, if that time is short. */
export async function afterRateLimit<T>(work: () => Promise<T>, wait = sleep): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      // One after the other: that is the point.
      // oxlint-disable-next-line no-await-in-loop
      return await work()
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 429) || tries === MOST_TRIES) throw error
      const seconds = error.retryAfter ?? 1
      if (seconds > LONGEST_WAIT_S) throw error
      // oxlint-disable-next-line no-await-in-loop
      await wait(seconds)
    }
  }
}

function sleep(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000))
}
