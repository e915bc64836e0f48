// Messages about what was just done. Good news goes by itself; bad news stays until it is closed.
import { notifications } from '@mantine/notifications'
import { Explanation } from './Failure'

export function notifyDone(message: string): void {
  notifications.show({ message, color: 'teal', autoClose: 5000, closeButtonProps: { 'aria-label': 'Close message' } })
}

export function notifyFailure(what: string, error: unknown): void {
  notifications.show({
    title: `Could not ${what}`,
    message: <Explanation error={error} />,
    color: 'red.8',
    autoClose: false,
    role: 'alert',
    closeButtonProps: { 'aria-label': 'Close message' },
  })
}
