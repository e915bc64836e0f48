// Following a run: its transitions as they happen, over a line that may break and is taken up where it broke.
import { useEffect, useRef, useState } from 'react'
import { createParser } from 'eventsource-parser'
import { open } from './client'
import { ApiError } from './problem'
import { type Progress, belongs, isOver, newest } from './progress'

export type Line = 'connecting' | 'live' | 'broken' | 'over'

/** Not a sign of life for so long: the server sends one every 15 seconds. */
const SILENCE_MS = 40_000
const LONGEST_PAUSE_MS = 4_000

/**
 * The progress of an account's latest run. `begin` is what was last asked for: while it is under way its line is kept,
 * from the event that is known on, so that nothing of its past is shown as if it were now. Closed while the tab is
 * hidden, because a browser gives a server six connections in all.
 */
export function useRun(
  accountId: string,
  begin: Progress | undefined,
): { progress: Progress | undefined; line: Line; heardAt: number | undefined } {
  const [told, setTold] = useState<Progress>()
  const [line, setLine] = useState<Line>('connecting')
  const [heardAt, setHeardAt] = useState<number>()

  const own = told && belongs(told, accountId) ? told : undefined
  const progress = newest(own, begin)
  const over = isOver(progress)
  const known = useRef(progress)
  known.current = progress
  const followed = over ? undefined : progress?.executionId

  useEffect(() => {
    if (!followed) return undefined
    const stop = new AbortController()
    const show = (next: Progress) => {
      setTold((was) => newest(next, was))
      setHeardAt(Date.now())
    }
    void follow(accountId, `${followed}:${known.current?.lastEvent ?? 0}`, show, setLine, stop.signal)
    return () => {
      stop.abort()
      setLine('connecting')
    }
  }, [accountId, followed])

  return { progress, line: over ? 'over' : line, heardAt }
}

async function follow(
  accountId: string,
  from: string,
  show: (progress: Progress) => void,
  say: (line: Line) => void,
  signal: AbortSignal,
): Promise<void> {
  let last = from
  let failures = 0
  // The server answered the last time: that it ended the answer breaks nothing.
  let going = false
  while (!signal.aborted) {
    await visible(signal)
    const attempt = new AbortController()
    const end = () => attempt.abort()
    const hide = () => document.hidden && attempt.abort()
    signal.addEventListener('abort', end, { once: true })
    document.addEventListener('visibilitychange', hide)
    let over = false
    // Session, user or right have ended: asking again would be refused.
    let ended = false
    // The server ends the answer to be asked again after this: a function of Lambda can't hold it open.
    let again: number | undefined
    try {
      if (failures > 0) say('broken')
      else if (!going) say('connecting')
      const response = await open(
        `/api/provisioning/${accountId}/events`,
        { accept: 'text/event-stream', 'last-event-id': last },
        attempt.signal,
      )
      // The run is over, and all its events were sent.
      if (response.status === 204) return
      if (!response.ok || !response.body) throw ApiError.of(response, undefined)
      failures = 0
      going = true
      say('live')
      const parser = createParser({
        onRetry(ms) {
          again = ms
        },
        onEvent(event) {
          if (event.event === 'end') {
            ended = (JSON.parse(event.data) as { reason: string }).reason !== 'unavailable'
            return
          }
          last = event.id ?? last
          const progress = JSON.parse(event.data) as Progress
          over = isOver(progress)
          show(progress)
        },
      })
      await read(response.body, attempt, (text) => parser.feed(text))
      if (over) return
      if (ended) {
        say('broken')
        return
      }
      if (again !== undefined) {
        await pause(again, signal)
        continue
      }
      // It ended without an end: the server stopped, or something in between did.
      failures += 1
    } catch {
      if (signal.aborted) return
      if (!document.hidden) failures += 1
    } finally {
      signal.removeEventListener('abort', end)
      document.removeEventListener('visibilitychange', hide)
      attempt.abort()
    }
    if (failures > 0) {
      going = false
      say('broken')
      await pause(Math.min(250 * 2 ** failures, LONGEST_PAUSE_MS), signal)
    }
  }
}

async function read(body: ReadableStream<Uint8Array>, attempt: AbortController, feed: (text: string) => void) {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader()
  for (;;) {
    const silent = setTimeout(() => attempt.abort(), SILENCE_MS)
    const { done, value } = await reader.read().finally(() => clearTimeout(silent))
    if (done) return
    feed(value)
  }
}

function visible(signal: AbortSignal): Promise<void> {
  if (!document.hidden) return Promise.resolve()
  return new Promise((resolve) => {
    const look = () => {
      if (!document.hidden || signal.aborted) {
        document.removeEventListener('visibilitychange', look)
        resolve()
      }
    }
    document.addEventListener('visibilitychange', look)
    signal.addEventListener('abort', look, { once: true })
  })
}

/** Shorter if the browser says that it is back on the network. */
function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      clearTimeout(timer)
      window.removeEventListener('online', wake)
      signal.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    window.addEventListener('online', wake)
    signal.addEventListener('abort', wake)
  })
}
