// Sets a new password with the link from the mail, whose token is in the fragment of the address, or with the code.
import { Text } from '@mantine/core'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { api, send } from '../../api/client'
import { NewPasswordForm } from '../../app/NewPasswordForm'
import { forgotPasswordPath, signInPath } from '../../paths'
import { notifyDone } from '../../ui/notify'
import { EmailField, TextField } from '../../ui/textFields'
import { AuthPage } from './AuthPage'

const TITLE = 'Set a new password'
const FORM = { what: 'set the password', act: 'Set the password' }
const DONE = 'The password is set. Sign in with it.'

export default function ResetPasswordPage() {
  const token = new URLSearchParams(useLocation().hash).get('token')
  return token ? <ByLink token={token} /> : <ByCode />
}

function ByLink({ token }: { token: string }) {
  const navigate = useNavigate()
  return (
    <AuthPage title={TITLE} intro="Choose a password. The link works once.">
      <NewPasswordForm
        {...FORM}
        submit={async (newPassword) => {
          await send(api.POST('/api/auth/reset-password', { body: { token, newPassword } }))
          notifyDone(DONE)
          await navigate({ to: signInPath, replace: true })
        }}
      />
      <ForgotPasswordLink text="Request another link" />
    </AuthPage>
  )
}

function ByCode() {
  const navigate = useNavigate()
  const { email = '' }: { email?: string } = useSearch({ strict: false })
  return (
    <AuthPage
      title={TITLE}
      intro="If a user has this address, we sent a mail to it. Open the link in it, or enter the code here."
    >
      <NewPasswordForm
        {...FORM}
        others={{ email, code: '' }}
        submit={async (newPassword, { email: entered, code }) => {
          await send(api.POST('/api/auth/reset-password', { body: { email: entered, code, newPassword } }))
          notifyDone(DONE)
          await navigate({ to: signInPath })
        }}
      >
        <EmailField name="email" label="E-mail address" required autoComplete="username" />
        <TextField
          name="code"
          label="Code from the mail"
          required
          maxLength={16}
          autoComplete="one-time-code"
          rules={{ pattern: { value: /^\s*\d{6}\s*$/, message: 'Six digits' } }}
        />
      </NewPasswordForm>
      <ForgotPasswordLink text="Send another mail" />
    </AuthPage>
  )
}

function ForgotPasswordLink({ text }: { text: string }) {
  return (
    <Text size="sm">
      <Link to={forgotPasswordPath} className="anchor">
        {text}
      </Link>
    </Text>
  )
}
