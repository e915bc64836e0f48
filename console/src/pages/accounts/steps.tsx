// The first steps of the wizard that are not shared with other pages.
import { SimpleGrid, Stack, Text } from '@mantine/core'
import { useWatch } from 'react-hook-form'
import { CLOUD_CHOICES } from '../../ui/accountState'
import { DayField, RadioField, SelectField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'
import { TECHNICAL } from './onboarding'

export function DetailsStep() {
  return (
    <Stack gap="sm">
      <TextField name="name" label="Account name" description="The tenant’s name. No other account has it." required />
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

export function TechnicalUserStep() {
  const [start] = useWatch({ name: ['technicalUser.startDate'] }) as [string]
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        The first user of the account. They get the invitation, and a seat of the first license.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        <TextField name="technicalUser.firstName" label="First name" required />
        <TextField name="technicalUser.lastName" label="Last name" required />
      </SimpleGrid>
      <EmailField name="technicalUser.email" label="E-mail address" required />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        <SelectField
          name="access.group"
          label="Assigned group"
          required
          choices={[{ value: TECHNICAL.group, label: 'Technical Group' }]}
        />
        <SelectField
          name="access.role"
          label="Assigned role"
          required
          choices={[{ value: TECHNICAL.role, label: 'Technical Role' }]}
        />
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        The role has the right to view all menus, and to change nothing. It leaves out the audit log of the whole
        account (Account audit). Pipelines and Builds have rights already, but no pages yet. Onboarding makes the group
        and its role; further groups can be given once the account is active.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        <DayField name="technicalUser.startDate" label="Start date" required />
        <DayField
          name="technicalUser.endDate"
          label="End date"
          description="The last day. Left empty, there is no end."
          rules={{
            validate: { order: (end: string) => !end || end >= start || 'The end is not before the start' },
          }}
          min={start}
        />
      </SimpleGrid>
    </Stack>
  )
}
