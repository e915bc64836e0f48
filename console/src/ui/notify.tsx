// Messages about what was just done. Good news goes by itself; bad news stays until it is
// closed, the act has succeeded, or another page is opened.
import { notifications } from '@mantine/notifications'
import { Explanation } from './Failure'

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 5000, closeButtonProps: { 'aria-label': 'Close message' } })
}

/** The failures that are shown, by what failed. */
const shown = new Set<string>()

/** `nextPage`: it is about the page that is opened next, and stays there. */
export function notifyFailure(what: string, error: unknown, { nextPage = false } = {}): void {
  const id = `failure ${what}`
  // A second failure of the same act takes the place of the first.
  notifications.hide(id)
  if (!nextPage) shown.add(what)
  notifications.show({
    id,
    onClose: () => shown.delete(what),
    title: `Could not ${what}`,
    message: <Explanation error={error} />,
    color: 'red.8',
    autoClose: false,
    role: 'alert',
    closeButtonProps: { 'aria-label': 'Close message' },
  })
}

/** Closes the message that an act failed, once it has succeeded; or those of every act. */
export function closeFailures(...acts: string[]): void {
  for (const what of acts.length > 0 ? acts : [...shown]) {
    shown.delete(what)
    notifications.hide(`failure ${what}`)
  }
}
