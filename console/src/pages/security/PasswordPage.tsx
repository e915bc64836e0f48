// Changing one's own password.
import { api, send } from '../../api/client'
import { PasswordField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { NewPasswordFields } from '../../app/NewPasswordFields'

export default function PasswordPage() {
  const form = useServerForm({
    defaults: { oldPassword: '', newPassword: '', repeated: '' },
    what: 'change the password',
    fieldOf: {
      invalid_credentials: {
        field: 'oldPassword',
        message: 'This is not your present password, or it was mistyped too often',
      },
    },
    submit: async () => {
      const { oldPassword, newPassword } = form.getValues()
      await send(api.POST('/api/auth/change-password', { body: { oldPassword, newPassword } }))
      form.reset()
      notifyDone('The password is changed. Your other sessions have ended.')
    },
  })
  return (
    <Page title="Password" intro="A new password ends your sessions everywhere else. This one goes on.">
      <Section>
        <div style={{ maxWidth: 420 }}>
          <FormShell form={form} act="Change password" careless>
            <PasswordField name="oldPassword" label="Current password" required autoComplete="current-password" />
            <NewPasswordFields />
          </FormShell>
        </div>
      </Section>
    </Page>
  )
}
