// How far a run is, as the API tells it.
import type { components } from './schema.gen'

export type Progress = components['schemas']['Progress']

/** An end that nothing follows by itself. */
export function isOver(progress: Progress | undefined): boolean {
  return progress !== undefined && progress.status !== 'running' && progress.status !== 'undoing'
}

export function belongs(progress: Progress, accountId: string): boolean {
  return !progress.accountId || progress.accountId === accountId
}

/** The later run; of one run, what is known after more of its events. */
export function newest(one: Progress | undefined, other: Progress | undefined): Progress | undefined {
  if (!one || !other) return one ?? other
  if (one.executionId === other.executionId) return one.lastEvent >= other.lastEvent ? one : other
  return Date.parse(one.startedAt) >= Date.parse(other.startedAt) ? one : other
}

/** Whether a run in a list goes on. */
export function isUnderWay(status: string): boolean {
  return status === 'running' || status === 'undoing'
}
