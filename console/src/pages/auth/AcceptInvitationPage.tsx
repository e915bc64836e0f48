// Accepts an invitation. The token is in the fragment of the address, which no server logs.
import { Text } from '@mantine/core'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { api, send } from '../../api/client'
import { NewPasswordForm } from '../../app/NewPasswordForm'
import { signInPath } from '../../paths'
import { notifyDone } from '../../ui/notify'
import { AuthPage } from './AuthPage'

export default function AcceptInvitationPage() {
  const navigate = useNavigate()
  const token = new URLSearchParams(useLocation().hash).get('token')
  if (!token) {
    return (
      <AuthPage
        title="This link is incomplete"
        intro="Open the complete link from the invitation mail. If it still does not work, ask your administrator for a new invitation."
      >
        <Text size="sm">
          <Link to={signInPath} className="anchor">
            Go to sign-in
          </Link>
        </Text>
      </AuthPage>
    )
  }
  return (
    <AuthPage
      title="Welcome to Freehold"
      intro="Choose a password to accept the invitation. If you have a password with this e-mail address already, enter that one."
    >
      <NewPasswordForm
        what="accept the invitation"
        act="Accept the invitation"
        submit={async (newPassword) => {
          await send(api.POST('/api/auth/accept-invitation', { body: { token, newPassword } }))
          notifyDone('Welcome. Sign in with your e-mail address and your password.')
          await navigate({ to: signInPath, replace: true })
        }}
      />
      <Text size="sm">
        <Link to={signInPath} className="anchor">
          Accepted already? Sign in
        </Link>
      </Text>
    </AuthPage>
  )
}
