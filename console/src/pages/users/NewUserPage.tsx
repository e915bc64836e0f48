// A new person: seats first, then who they are, and whether they are invited now.
import { SimpleGrid, Stack } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { FormProvider } from 'react-hook-form'
import { api, intents, send } from '../../api/client'
import { invalidate } from '../../api/queries'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { today } from '../../format'
import { pages, placePath } from '../../paths'
import { DayField, SwitchField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { type ServerForm, orNull, useServerForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone, notifyFailure } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { USER_PATHS, nameOf } from './acts'
import { LicenseFields, useTriple } from './LicenseFields'
import { type Triple, begin, seatsOf } from './license'
import { SeatBanner } from './SeatBanner'
import { type Offers, useLicensed } from './useLicensed'

type Values = Triple & {
  firstName: string
  lastName: string
  email: string
  startDate: string
  endDate: string
  groupIds: string[]
  workstreamIds: string[]
  invited: boolean
}

/** The server's bound on groups, and on workstreams. */
export const MAX_LINKS = 30

export default function NewUserPage() {
  const place = usePlace()
  const offers = useLicensed(place, useMay()('licenses_capacity').allowed)
  return (
    <Page title="Add user" up={[{ label: 'Users', to: pages.users }]}>
      <Loaded query={offers} what="load what the account is licensed for" rows={6}>
        {(loaded) => <UserForm key={`${place.accountId}/${place.enterpriseId}`} offers={loaded} />}
      </Loaded>
    </Page>
  )
}

function UserForm({ offers }: { offers: Offers }) {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm<Values>({
    defaults: {
      ...begin(offers.all, place.enterpriseId),
      firstName: '',
      lastName: '',
      email: '',
      startDate: today(),
      endDate: '',
      groupIds: [],
      workstreamIds: [],
      invited: true,
    },
    what: 'add the user',
    fieldOf: { email_taken: 'email', license_limit_exceeded: 'serviceId', no_active_license: 'serviceId' },
    fieldAt: (pointer) => pointer.split('/')[1] as keyof Values,
    submit: async ({ invited, endDate, ...rest }) => {
      const body = { ...rest, accountId: place.accountId, endDate: orNull(endDate) }
      const init = { body, params: { header: { 'Idempotency-Key': intent.keyOf({ invited, body }) } } }
      const sent = send(invited ? api.POST('/api/users/provision', init) : api.POST('/api/users', init))
      // Whether it was taken or refused for want of a seat: the banner counts anew.
      const user = await sent.finally(() => void invalidate(...USER_PATHS))
      intent.done()
      if (user.identityStatus === 'failed') {
        notifyFailure(
          `send the invitation to ${user.email}`,
          new Error('the user is there; send the invitation again from this page'),
          { nextPage: true },
        )
      } else {
        notifyDone(invited ? `Added ${nameOf(user)} and sent an invitation` : `Added ${nameOf(user)}`)
      }
      await navigate({ to: placePath(place, pages.user(user.id)) })
    },
  })
  return (
    <FormProvider {...form}>
      <Parts form={form} offers={offers} />
    </FormProvider>
  )
}

function Parts({ form, offers }: { form: ServerForm<Values>; offers: Offers }) {
  const place = usePlace()
  const navigate = useNavigate()
  const may = useMay()
  const chosen = useTriple()
  const scope = { accountId: place.accountId, enterpriseId: chosen.enterpriseId }
  return (
    <Stack gap="md">
      <SeatBanner offers={offers} chosen={chosen} />
      <Section>
        <FormShell
          form={form}
          act="Add user"
          refused={may('users_create').reason ?? noSeat(offers, chosen)}
          onCancel={() => void navigate({ to: placePath(place, pages.users) })}
        >
          {offers.all.length > 0 && <LicenseFields offers={offers} />}
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <TextField name="firstName" label="First name" required />
            <TextField name="lastName" label="Last name" required />
          </SimpleGrid>
          <EmailField
            name="email"
            label="E-mail"
            required
            description="They sign in with it. No two people share one."
          />
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            <DayField name="startDate" label="First day" required description="They can’t do anything before it." />
            <DayField name="endDate" label="Last day" description="Empty if there is no end." />
          </SimpleGrid>
          <LinkedField
            name="groupIds"
            label="Groups"
            description="Groups give rights. Somebody in no group can sign in, and do nothing more."
            placeholder="Choose groups"
            nothing="There is no group of that name"
            most={MAX_LINKS}
            path="/api/groups"
            params={{ query: scope }}
            operation="groups_list"
            disabled={!chosen.enterpriseId}
          />
          <LinkedField
            name="workstreamIds"
            label="Workstreams"
            placeholder="Choose workstreams"
            nothing="There is no workstream of that name"
            most={MAX_LINKS}
            path="/api/workstreams"
            params={{ query: scope }}
            operation="workstreams_list"
            disabled={!chosen.enterpriseId}
          />
          <SwitchField
            name="invited"
            label="Send an invitation"
            description="By e-mail, with a link to choose a password, good for 24 hours. It can also be sent later."
          />
        </FormShell>
      </Section>
    </Stack>
  )
}

function noSeat(offers: Offers, chosen: Triple): string | undefined {
  if (offers.all.length === 0) return 'There is no license in force to take a seat of.'
  return seatsOf(offers.all, chosen)?.free === 0 ? 'Every seat of this license is taken.' : undefined
}
