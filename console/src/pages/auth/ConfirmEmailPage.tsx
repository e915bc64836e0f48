// Taking a new e-mail address: the code comes behind the address's #, so that it is in no log.
import { Button, Stack, Text } from '@mantine/core'
import { Link, useLocation, useNavigate } from '@tanstack/react-router'
import { FormProvider } from 'react-hook-form'
import { api, send } from '../../api/client'
import { queries } from '../../api/queries'
import { renewSession } from '../../api/session'
import { notifyDone } from '../../ui/notify'
import { FormFailure, useServerForm } from '../../ui/serverForm'
import { AuthPage } from './AuthPage'

export default function ConfirmEmailPage() {
  const navigate = useNavigate()
  const code = new URLSearchParams(useLocation().hash).get('code') ?? ''
  const form = useServerForm({
    defaults: {},
    what: 'change the address',
    submit: async () => {
      const { email } = await send(api.POST('/api/me/email/confirm', { body: { code } }))
      await renewSession()
      queries.clear()
      notifyDone(`You sign in as ${email} from now on. Your other sessions have ended.`)
      await navigate({ to: '/', replace: true })
    },
  })
  return (
    <AuthPage
      title="Your new e-mail address"
      intro={
        code ? 'Confirm that the address is yours.' : 'This link is incomplete. Open the complete link from the mail.'
      }
    >
      {code && (
        <FormProvider {...form}>
          <form onSubmit={form.send} noValidate>
            <Stack gap="md">
              <FormFailure form={form} />
              <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
                Use this address
              </Button>
            </Stack>
          </form>
        </FormProvider>
      )}
      <Text size="sm">
        <Link to="/" className="anchor">
          Leave it as it is
        </Link>
      </Text>
    </AuthPage>
  )
}
