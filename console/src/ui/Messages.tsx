// Where messages about what was done appear.
import { Notifications } from '@mantine/notifications'
import '@mantine/core/styles/Notification.layer.css'
import '@mantine/notifications/styles.layer.css'

export default function Messages() {
  return <Notifications position="bottom-center" />
}
