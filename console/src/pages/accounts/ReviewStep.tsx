// Everything that was typed, to be looked over, each part with the way back to it.
import { Button, Group, Stack, Text, Title } from '@mantine/core'
import { Pencil } from 'lucide-react'
import type { ReactNode } from 'react'
import { useFormContext } from 'react-hook-form'
import { count, formatDay, words } from '../../format'
import { countryName } from '../../ui/countries'
import { Facts } from '../../ui/Facts'
import { Triple } from '../../ui/Triple'
import { hasContact, type LicenseValues, type OnboardingValues, STEPS } from './onboarding'
import { namesOf, type Offered } from './offers'

export function ReviewStep({ offered, edit }: { offered: Offered[]; edit: (step: number) => void }) {
  const { name, masterAccountName, cloudType, address, administrator, technicalUser, licenses } =
    useFormContext<OnboardingValues>().getValues()
  return (
    <Stack gap="lg">
      <Part step={0} edit={edit}>
        <Facts
          columns={3}
          of={[
            ['Account name', <bdi key="name">{name}</bdi>],
            ['Master account name', <bdi key="master">{masterAccountName}</bdi>],
            ['Cloud type', words(cloudType)],
          ]}
        />
      </Part>
      <Part step={1} edit={edit}>
        <Facts
          columns={3}
          of={[
            ['Address line 1', address.line1],
            ['Address line 2', address.line2],
            ['City', address.city],
            ['State or region', address.state],
            ['Postal code', address.postalCode],
            ['Country', countryName(address.country)],
          ]}
        />
      </Part>
      <Part step={2} edit={edit}>
        <Facts
          columns={3}
          of={[
            [
              'Administrator',
              administrator.invited ? (
                <bdi key="administrator">{`${administrator.firstName} ${administrator.lastName}`}</bdi>
              ) : (
                'None: only operators can add users'
              ),
            ],
            ['Administrator’s e-mail address', administrator.invited ? administrator.email : '—'],
            ['Administrator’s role', administrator.invited ? 'Account administrator' : '—'],
            ['Technical user', <bdi key="technical">{`${technicalUser.firstName} ${technicalUser.lastName}`}</bdi>],
            ['Technical user’s e-mail address', technicalUser.email],
            ['Technical user’s role', 'Technical Role'],
            ['First day', day(technicalUser.startDate)],
            ['Last day', technicalUser.endDate ? day(technicalUser.endDate) : 'No end'],
          ]}
        />
      </Part>
      <Part step={3} edit={edit}>
        <Stack gap="md">
          {licenses.map((license, place) => (
            <Facts
              key={`${license.serviceId} ${license.productId} ${license.enterpriseId}`}
              columns={3}
              of={factsOf(license, place, offered)}
            />
          ))}
        </Stack>
      </Part>
      <Text size="sm" c="dimmed">
        Creating the account reserves its name and the e-mail addresses, sets everything up, and sends the invitations.
        If a step fails, you can retry it or roll the onboarding back.
      </Text>
    </Stack>
  )
}

function factsOf(license: LicenseValues, place: number, offered: Offered[]): Array<[string, ReactNode]> {
  const { contact, renewalNotification } = license
  const names = namesOf(offered, license)
  return [
    [
      `License ${place + 1}`,
      names.includes('—') ? (
        <Triple key="of" of={license} />
      ) : (
        <span key="of">
          <bdi>{names[0]}</bdi> › <bdi>{names[1]}</bdi> › <bdi>{names[2]}</bdi>
        </span>
      ),
    ],
    ['In force', `${day(license.startDate)} to ${day(license.endDate)}`],
    ['Number of users', count(Number(license.numberOfUsers), 'user')],
    ['Contact', hasContact(license) ? [contact.name, contact.email, contact.phone].filter(Boolean).join(', ') : 'None'],
    [
      'Reminder',
      renewalNotification.enabled ? `${count(Number(renewalNotification.noticeDays), 'day')} before the end` : 'Off',
    ],
  ]
}

function day(text: string): string {
  return text ? formatDay(text) : '—'
}

function Part({ step, edit, children }: { step: number; edit: (step: number) => void; children: ReactNode }) {
  const title = STEPS[step]?.title ?? ''
  return (
    <div>
      <Group gap="xs" mb={6}>
        <Title order={3}>{title}</Title>
        <Button
          size="compact-xs"
          variant="subtle"
          leftSection={<Pencil size={12} aria-hidden />}
          aria-label={`Edit: ${title}`}
          onClick={() => edit(step)}
        >
          Edit
        </Button>
      </Group>
      {children}
    </div>
  )
}
