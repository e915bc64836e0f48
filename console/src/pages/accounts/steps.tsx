// The first steps of the wizard that are not shared with other pages.
import { Fieldset, SimpleGrid, Stack, Text } from '@mantine/core'
import '@mantine/core/styles/Fieldset.layer.css'
import { useWatch } from 'react-hook-form'
import { CLOUD_CHOICES } from '../../ui/accountState'
import { DayField, RadioField, SwitchField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'

export function DetailsStep() {
  return (
    <Stack gap="sm">
      <TextField name="name" label="Account name" description="Must be unique." required />
      <TextField
        name="masterAccountName"
        label="Master account name"
        description="The company or contract that the account belongs to."
        required
      />
      <RadioField name="cloudType" label="Cloud type" required choices={CLOUD_CHOICES} />
    </Stack>
  )
}

export function FirstUsersStep() {
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        Each gets an invitation by mail and takes a seat of the first license.
      </Text>
      <AdministratorFields />
      <TechnicalUserFields />
    </Stack>
  )
}

const LEGEND = { legend: { fontWeight: 600, fontSize: 13 } }

function AdministratorFields() {
  const [invited, technical] = useWatch({ name: ['administrator.invited', 'technicalUser.email'] }) as [boolean, string]
  const differs = (email: string) =>
    !email || email.trim().toLowerCase() !== technical.trim().toLowerCase() || 'The technical user has this address'
  return (
    <Fieldset legend="Administrator" styles={LEGEND} style={{ minWidth: 0 }}>
      <Stack gap="sm">
        <SwitchField
          name="administrator.invited"
          label="Invite an administrator"
          description="Can do everything that the account allows, and adds the other users. Without one, only operators of the platform can add users."
        />
        {invited && (
          <>
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
              <TextField name="administrator.firstName" label="First name" required />
              <TextField name="administrator.lastName" label="Last name" required />
            </SimpleGrid>
            <EmailField
              name="administrator.email"
              label="E-mail address"
              required
              rules={{ validate: { differs: (email: string) => differs(email) } }}
            />
          </>
        )}
      </Stack>
    </Fieldset>
  )
}

function TechnicalUserFields() {
  const [start] = useWatch({ name: ['technicalUser.startDate'] }) as [string]
  return (
    <Fieldset legend="Technical user" styles={LEGEND} style={{ minWidth: 0 }}>
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          Views all menus and changes nothing. Onboarding gives this user the Technical Role by the Technical Group. The
          role leaves out the audit log of the whole account.
        </Text>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
          <TextField name="technicalUser.firstName" label="First name" required />
          <TextField name="technicalUser.lastName" label="Last name" required />
        </SimpleGrid>
        <EmailField name="technicalUser.email" label="E-mail address" required />
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
          <DayField name="technicalUser.startDate" label="First day" required />
          <DayField
            name="technicalUser.endDate"
            label="Last day"
            description="Empty: no end."
            rules={{
              validate: { order: (end: string) => !end || end >= start || 'The last day is not before the first' },
            }}
            min={start}
          />
        </SimpleGrid>
      </Stack>
    </Fieldset>
  )
}
