// The session has ended while somebody was at work: they sign in over the page, and the page goes on.
import { Button, Modal, Stack, Text } from '@mantine/core'
import { useSession } from '../api/session'
import { SignInForm } from './SignInForm'

export default function SessionDialog() {
  const session = useSession()
  if (session.kind !== 'ended') return null
  const { person, other } = session
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      closeOnEscape={false}
      closeOnClickOutside={false}
      title={other ? 'Somebody else signed in' : 'Your session has ended'}
      styles={{ title: { fontWeight: 600 } }}
    >
      <Stack gap="md">
        {other ? (
          <>
            <Text size="sm" className="wrap-anywhere">
              <strong>{other.email}</strong> has signed in, in this browser. This page still shows the work of{' '}
              <strong>{person.email}</strong>.
            </Text>
            <Button onClick={() => location.assign('/')}>Go on as {other.email}</Button>
          </>
        ) : (
          <>
            <Text size="sm" className="wrap-anywhere">
              Sign in again as <strong>{person.email}</strong>. The page below stays as it is, with everything that you
              typed.
            </Text>
            <SignInForm email={person.email} />
            <Button variant="subtle" size="xs" onClick={() => location.assign('/sign-in')}>
              Sign in as somebody else, and leave this page
            </Button>
          </>
        )}
      </Stack>
    </Modal>
  )
}
