// The time, as something that pages re-render by.
import { useSyncExternalStore } from 'react'

let now = Date.now()
const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

/** The time in milliseconds, a second old at most while anything shows it. */
export function useNow(): number {
  return useSyncExternalStore(listen, current)
}

function current(): number {
  // Nothing moved it while nothing showed it.
  if (timer === undefined && Math.abs(Date.now() - now) >= 1000) now = Date.now()
  return now
}

function listen(listener: () => void): () => void {
  listeners.add(listener)
  timer ??= setInterval(() => {
    now = Date.now()
    for (const each of listeners) each()
  }, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size === 0 && timer) {
      clearInterval(timer)
      timer = undefined
    }
  }
}
