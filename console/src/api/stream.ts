// Following a run: its transitions as they happen, over a line that may break and is taken up where it broke.
import { useEffect, useState } from 'react'
import { createParser } from 'eventsource-parser'
import { open } from './client'
import { ApiError } from './problem'
import { type Progress, belongs, isOver, newest } from './progress'

export type Line = 'connecting' | 'live' | 'broken' | 'over'

/** Not a sign of life for so long: the server sends one every 15 seconds. */
const SILENCE_MS = 40_000
const LONGEST_PAUSE_MS = 10_000

/**
 * The progress of an account's latest run. `epoch` is raised to follow anew, after a redrive or an undo. Closed while
 * the tab is hidden, because a browser gives a server six connections in all.
 */
export function useRun(
  accountId: string,
  epoch: number,
  begin: Progress | undefined,
): { progress: Progress | undefined; line: Line; heardAt: number | undefined } {
  const [progress, setProgress] = useState<Progress>()
  const [line, setLine] = useState<Line>('connecting')
  const [heardAt, setHeardAt] = useState<number>()

  useEffect(() => {
    const stop = new AbortController()
    const show = (next: Progress) => {
      setProgress(next)
      setHeardAt(Date.now())
    }
    void follow(accountId, show, setLine, stop.signal)
    return () => stop.abort()
  }, [accountId, epoch])

  const own = progress && belongs(progress, accountId) ? progress : undefined
  return { progress: newest(own, begin), line, heardAt }
}

async function follow(
  accountId: string,
  show: (progress: Progress) => void,
  say: (line: Line) => void,
  signal: AbortSignal,
): Promise<void> {
  let last: string | undefined
  let failures = 0
  while (!signal.aborted) {
    await visible(signal)
    const attempt = new AbortController()
    const end = () => attempt.abort()
    const hide = () => document.hidden && attempt.abort()
    signal.addEventListener('abort', end, { once: true })
    document.addEventListener('visibilitychange', hide)
    let over = false
    try {
      say(failures > 0 ? 'broken' : 'connecting')
      const response = await open(
        `/api/provisioning/${accountId}/events`,
        last ? { accept: 'text/event-stream', 'last-event-id': last } : { accept: 'text/event-stream' },
        attempt.signal,
      )
      if (!response.ok || !response.body) {
        if (response.status === 404 || response.status === 403) return say('over')
        throw ApiError.of(response, undefined)
      }
      failures = 0
      say('live')
      const parser = createParser({
        onEvent(event) {
          last = event.id ?? last
          const progress = JSON.parse(event.data) as Progress
          over = isOver(progress)
          show(progress)
        },
      })
      await read(response.body, attempt, (text) => parser.feed(text))
      if (over) return say('over')
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

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        resolve()
      },
      { once: true },
    )
  })
}
