// Where messages about what was done appear.
import { Notifications } from '@mantine/notifications'

export default function Messages() {
  return <Notifications position="bottom-right" />
}
