// The fields of a license's terms: dates, seats, whom to ask, when to be reminded.
import { SimpleGrid, Stack } from '@mantine/core'
import { useFormContext, useWatch } from 'react-hook-form'
import { DayField, NumberField, SwitchField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'
import type { Terms } from './terms'

const MOST_SEATS = 1_000_000

export function TermsFields({ disabled = false }: { disabled?: boolean }) {
  const { control, getValues } = useFormContext<Terms>()
  const [reminded, contact] = useWatch({ control, name: ['renewalNotification.enabled', 'contact'] })
  const begun = Boolean(contact.name || contact.email || contact.phone)
  const notBefore = (day: unknown) => String(day) >= getValues('startDate') || 'Not before the first day'
  return (
    <Stack gap="md">
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <DayField name="startDate" label="First day" required disabled={disabled} />
        <DayField name="endDate" label="Last day" required disabled={disabled} rules={{ validate: { notBefore } }} />
        <NumberField
          name="numberOfUsers"
          label="Number of users"
          required
          min={1}
          max={MOST_SEATS}
          disabled={disabled}
        />
      </SimpleGrid>
      <SimpleGrid cols={{ base: 1, sm: 3 }}>
        <TextField name="contact.name" label="Contact’s name" required={begun} disabled={disabled} />
        <EmailField name="contact.email" label="Contact’s e-mail address" required={begun} disabled={disabled} />
        <TextField name="contact.phone" label="Contact’s phone" type="tel" maxLength={40} disabled={disabled} />
      </SimpleGrid>
      <div style={{ maxWidth: 340 }}>
        <NumberField
          name="graceDays"
          label="Grace period in days"
          description="For so long its users may act after its end if no license follows. Empty: the platform’s setting."
          max={365}
          disabled={disabled}
        />
      </div>
      <SwitchField
        name="renewalNotification.enabled"
        label="Remind the contact before the license ends"
        disabled={disabled}
      />
      {reminded && (
        <div style={{ maxWidth: 220 }}>
          <NumberField
            name="renewalNotification.noticeDays"
            label="Days before the end"
            required
            min={1}
            max={365}
            disabled={disabled}
          />
        </div>
      )}
    </Stack>
  )
}
