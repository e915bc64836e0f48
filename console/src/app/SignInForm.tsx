// Signs in with e-mail address and password. A first sign-in also asks for a new password and a real address; a person of
// several accounts chooses one.
import { Button, Stack, Text } from '@mantine/core'
import { useState } from 'react'
import { FormProvider } from 'react-hook-form'
import { api, send } from '../api/client'
import { accept, type Challenge } from '../api/session'
import { FormFailure, useServerForm } from '../ui/serverForm'
import { EmailField, PasswordField } from '../ui/textFields'
import { NewPasswordForm } from './NewPasswordForm'

type NewPasswordChallenge = Extract<Challenge, { session: string }>
type Choice = Extract<Challenge, { accounts: unknown }>

/** `email` is set where only this user may sign in. */
export function SignInForm({ email }: { email?: string }) {
  const [asked, setAsked] = useState<NewPasswordChallenge>()
  return asked ? <NewPassword asked={asked} /> : <Credentials email={email} onAsked={setAsked} />
}

type CredentialsProps = { email: string | undefined; onAsked: (asked: NewPasswordChallenge) => void }

function Credentials({ email, onAsked }: CredentialsProps) {
  const [choice, setChoice] = useState<Choice>()
  const form = useServerForm({
    defaults: { email: email ?? '', password: '', accountId: '' },
    what: 'sign in',
    submit: async ({ email: typed }) => {
      // A password may begin and end with white space.
      const { password, accountId } = form.getValues()
      const body = { email: typed, password, grant: 'cookie', ...(accountId && { accountId }) } as const
      const challenge = accept(await send(api.POST('/api/auth/login', { body })))
      if (!challenge) return
      if ('accounts' in challenge) setChoice(challenge)
      else onAsked(challenge)
    },
  })
  return (
    <FormProvider {...form}>
      <form onSubmit={form.send} noValidate aria-label="Sign in">
        {choice ? (
          <Stack gap="md">
            <Text size="sm">You belong to several accounts. Choose the one to sign in to.</Text>
            {choice.accounts.map((account) => (
              <Button
                key={account.accountId}
                type="submit"
                variant="default"
                fullWidth
                disabled={form.formState.isSubmitting}
                onClick={() => form.setValue('accountId', account.accountId)}
              >
                {account.accountName}
              </Button>
            ))}
            <FormFailure form={form} />
            <Button
              variant="subtle"
              onClick={() => {
                form.setValue('accountId', '')
                setChoice(undefined)
              }}
            >
              Back
            </Button>
          </Stack>
        ) : (
          <Stack gap="md">
            {email === undefined && <EmailField name="email" label="E-mail address" required autoComplete="username" />}
            <PasswordField name="password" label="Password" required autoComplete="current-password" />
            <FormFailure form={form} />
            <Button type="submit" loading={form.formState.isSubmitting} fullWidth>
              Sign in
            </Button>
          </Stack>
        )}
      </form>
    </FormProvider>
  )
}

function NewPassword({ asked }: { asked: NewPasswordChallenge }) {
  const needsEmail = asked.requires?.includes('newEmail') ?? false
  return (
    <NewPasswordForm
      others={{ newEmail: '' }}
      what="set the password"
      act="Set password and sign in"
      label="Choose a new password"
      fieldOf={needsEmail ? { email_taken: 'newEmail' } : {}}
      submit={async (newPassword, { newEmail }) => {
        const body = {
          challenge: 'NEW_PASSWORD_REQUIRED',
          session: asked.session,
          newPassword,
          ...(needsEmail && { newEmail }),
          grant: 'cookie',
        } as const
        accept(await send(api.POST('/api/auth/challenge', { body })))
      }}
    >
      <Text size="sm">The password that you were given is for the first sign-in only. Choose your own.</Text>
      {needsEmail && (
        <EmailField
          name="newEmail"
          label="Your e-mail address"
          description="The current address receives no mail. From now on, sign in with this one."
          required
          autoComplete="email"
        />
      )}
    </NewPasswordForm>
  )
}
