// The two fields of a new password.
import { useFormContext } from 'react-hook-form'
import { PasswordField } from '../ui/textFields'

export function NewPasswordFields() {
  const { getValues } = useFormContext<{ newPassword: string; repeated: string }>()
  const same = (repeated: unknown) => repeated === getValues('newPassword') || 'The two passwords differ'
  return (
    <>
      <PasswordField
        name="newPassword"
        label="New password"
        description="12 characters or more, with lower-case and upper-case letters, a digit and a symbol. A few random words are best."
        required
        autoComplete="new-password"
        rules={{ minLength: { value: 12, message: 'At least 12 characters' } }}
      />
      <PasswordField
        name="repeated"
        label="New password, again"
        required
        autoComplete="new-password"
        rules={{ validate: { same } }}
      />
    </>
  )
}
