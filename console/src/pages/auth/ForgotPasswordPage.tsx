// Asking for the mail by which a password can be set anew.
import { Button, Stack, Text } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { FormProvider } from 'react-hook-form'
import { api, send } from '../../api/client'
import { resetPasswordPath, signInPath } from '../../paths'
import { EmailField } from '../../ui/textFields'
import { FormFailure, useServerForm } from '../../ui/serverForm'
import { AuthPage } from './AuthPage'

export default function ForgotPasswordPage() {
  const navigate = useNavigate()
  const form = useServerForm({
    defaults: { email: '' },
    what: 'send the code',
    submit: async (body) => {
      await send(api.POST('/api/auth/forgot-password', { body }))
      await navigate({ to: resetPasswordPath, search: { email: body.email } })
    },
  })
  return (
    <AuthPage
      title="Reset your password"
      intro="We send a link and a code of six digits to your address. They are good for a short while."
    >
      <FormProvider {...form}>
        <form onSubmit={form.send} noValidate>
          <Stack gap="md">
            <EmailField name="email" label="E-mail address" required autoComplete="username" />
            <FormFailure form={form} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Send the code
            </Button>
          </Stack>
        </form>
      </FormProvider>
      <Text size="sm">
        <Link to={signInPath} className="anchor">
          Back to sign-in
        </Link>
      </Text>
    </AuthPage>
  )
}
