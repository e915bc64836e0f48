// Accepting an invitation: the token comes behind the address's #, so that it is in no log.
import { Button, Stack, Text } from '@mantine/core'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { FormProvider } from 'react-hook-form'
import { api, send } from '../../api/client'
import { signInPath } from '../../paths'
import { FormFailure, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { AuthPage } from './AuthPage'
import { NewPasswordFields } from '../../app/NewPasswordFields'

export default function AcceptInvitationPage() {
  const token = new URLSearchParams(useLocation().hash).get('token')
  if (!token) {
    return (
      <AuthPage
        title="This link is not whole"
        intro="Open the link of the invitation as it stands in the mail, to its end. If it still does not work, ask whoever invited you to send another."
      >
        <Text size="sm">
          <Link to={signInPath} className="anchor">
            Go to sign-in
          </Link>
        </Text>
      </AuthPage>
    )
  }
  return <Acceptance token={token} />
}

function Acceptance({ token }: { token: string }) {
  const navigate = useNavigate()
  const form = useServerForm({
    defaults: { newPassword: '', repeated: '' },
    what: 'accept the invitation',
    submit: async () => {
      const newPassword = form.getValues('newPassword')
      await send(api.POST('/api/auth/accept-invitation', { body: { token, newPassword } }))
      notifyDone('Welcome. Sign in with your e-mail address and your new password.')
      await navigate({ to: signInPath, replace: true })
    },
  })
  return (
    <AuthPage title="Welcome to Freehold" intro="Choose a password to accept the invitation.">
      <FormProvider {...form}>
        <form onSubmit={form.send} noValidate>
          <Stack gap="md">
            <NewPasswordFields />
            <FormFailure form={form} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Accept the invitation
            </Button>
          </Stack>
        </form>
      </FormProvider>
    </AuthPage>
  )
}
