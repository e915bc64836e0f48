// Code that is fetched when it is first needed, and what becomes of the page when it can't be.
import { type ComponentType, lazy } from 'react'
import { ApiError } from './api/problem'

const AGAIN_MS = 2_000

/** Whether the server has another build than the one that runs here. One that does not answer has none. */
async function updated(): Promise<boolean> {
  const mine = document.querySelector('script[type=module]')?.getAttribute('src')
  try {
    const page = await fetch('/', { headers: { accept: 'text/html' }, cache: 'no-store' })
    return page.ok && mine !== null && mine !== undefined && !(await page.text()).includes(mine)
  } catch {
    return false
  }
}

/**
 * A page's code. What an update took away is the router's to get: it loads the page anew, once it is really gone to and
 * not when the mouse is over a link to it. Otherwise the server can't be reached, which is no reason to leave.
 */
export function fetched<Module>(load: () => Promise<Module>): () => Promise<Module> {
  return () =>
    load().catch(async (cause: unknown) => {
      throw (await updated()) ? cause : ApiError.unreachable()
    })
}

/** A layer over the page. It is tried until it comes: the page under it, with what was typed there, stays. */
export function later<Props extends object>(load: () => Promise<{ default: ComponentType<Props> }>) {
  const untilItComes = (): Promise<{ default: ComponentType<Props> }> =>
    load().catch(async () => {
      // Asks before it leaves a form with work in it.
      if (await updated()) location.reload()
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
      return untilItComes()
    })
  return lazy(untilItComes)
}
