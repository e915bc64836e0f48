// Asking for another e-mail address: a code goes to it.
import { Text } from '@mantine/core'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { Section } from '../../ui/Page'
import { FormShell } from '../../ui/form'
import { useServerForm } from '../../ui/serverForm'
import { EmailField, PasswordField } from '../../ui/textFields'

export function ChangeEmail() {
  const [sentTo, setSentTo] = useState<string>()
  const form = useServerForm({
    defaults: { newEmail: '', password: '' },
    what: 'change the address',
    fieldOf: {
      invalid_credentials: { field: 'password', message: 'This is not your password, or it was mistyped too often' },
    },
    submit: async ({ newEmail }) => {
      const password = form.getValues('password')
      await send(api.POST('/api/me/email', { body: { newEmail, password } }))
      form.reset()
      setSentTo(newEmail)
    },
  })
  return (
    <Section title="Change your e-mail address">
      <div style={{ maxWidth: 420 }}>
        <FormShell form={form} act="Send the link" careless>
          <EmailField
            name="newEmail"
            label="New e-mail address"
            description="We send a link to it. Nothing changes before you open that."
            required
            autoComplete="email"
          />
          <PasswordField name="password" label="Your password" required autoComplete="current-password" />
        </FormShell>
        {sentTo && (
          <Text component="output" display="block" size="sm" mt="md" className="wrap-anywhere">
            If <strong>{sentTo}</strong> can be yours, a link is on its way to it. Open it in this browser, within an
            hour.
          </Text>
        )}
      </div>
    </Section>
  )
}
