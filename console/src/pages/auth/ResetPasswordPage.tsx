// Setting a password by what was mailed: the link, whose token comes behind the #, or the code.
import { Button, Stack, Text } from '@mantine/core'
import { Link, useLocation, useNavigate, useSearch } from '@tanstack/react-router'
import { FormProvider } from 'react-hook-form'
import { api, send } from '../../api/client'
import { forgotPasswordPath, signInPath } from '../../paths'
import { EmailField, TextField } from '../../ui/textFields'
import { FormFailure, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { AuthPage } from './AuthPage'
import { NewPasswordFields } from '../../app/NewPasswordFields'

export default function ResetPasswordPage() {
  const token = new URLSearchParams(useLocation().hash).get('token')
  return token ? <ByLink token={token} /> : <ByCode />
}

function ByLink({ token }: { token: string }) {
  const navigate = useNavigate()
  const form = useServerForm({
    defaults: { newPassword: '', repeated: '' },
    what: 'set the password',
    submit: async () => {
      const newPassword = form.getValues('newPassword')
      await send(api.POST('/api/auth/reset-password', { body: { token, newPassword } }))
      notifyDone('The password is set. Sign in with it.')
      await navigate({ to: signInPath, replace: true })
    },
  })
  return (
    <AuthPage title="Set a new password" intro="Choose a password. The link works once.">
      <FormProvider {...form}>
        <form onSubmit={form.send} noValidate>
          <Stack gap="md">
            <NewPasswordFields />
            <FormFailure form={form} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Set the password
            </Button>
          </Stack>
        </form>
      </FormProvider>
      <Text size="sm">
        <Link to={forgotPasswordPath} className="anchor">
          Ask for another link
        </Link>
      </Text>
    </AuthPage>
  )
}

function ByCode() {
  const navigate = useNavigate()
  const { email = '' }: { email?: string } = useSearch({ strict: false })
  const form = useServerForm({
    defaults: { email, code: '', newPassword: '', repeated: '' },
    what: 'set the password',
    submit: async ({ email: typed, code }) => {
      const newPassword = form.getValues('newPassword')
      await send(api.POST('/api/auth/reset-password', { body: { email: typed, code, newPassword } }))
      notifyDone('The password is set. Sign in with it.')
      await navigate({ to: signInPath })
    },
  })
  return (
    <AuthPage
      title="Set a new password"
      intro="If the address is known, a mail is on its way to it. Open its link, or type its code here."
    >
      <FormProvider {...form}>
        <form onSubmit={form.send} noValidate>
          <Stack gap="md">
            <EmailField name="email" label="E-mail address" required autoComplete="username" />
            <TextField
              name="code"
              label="Code from the mail"
              required
              maxLength={16}
              autoComplete="one-time-code"
              rules={{ pattern: { value: /^\s*\d{6}\s*$/, message: 'Six digits' } }}
            />
            <NewPasswordFields />
            <FormFailure form={form} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Set the password
            </Button>
          </Stack>
        </form>
      </FormProvider>
      <Text size="sm">
        <Link to={forgotPasswordPath} className="anchor">
          Send another mail
        </Link>
      </Text>
    </AuthPage>
  )
}
