// The facts of a person, and the form that changes them.
import { SimpleGrid } from '@mantine/core'
import { Pencil } from 'lucide-react'
import { useState } from 'react'
import { api, sendTagged, type Tagged } from '../../api/client'
import { invalidate, qTagged, readNow } from '../../api/queries'
import { usePlace } from '../../app/place'
import { formatDay } from '../../format'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { DayField, RadioField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useRecordForm } from '../../ui/serverForm'
import { EnterpriseName, ProductName, ServiceName } from '../../ui/NameOf'
import { notifyDone } from '../../ui/notify'
import { Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { At, EndDay } from '../../ui/Time'
import { USER_PATHS, type User, nameOf } from './acts'

export function UserDetails({ tagged, reload }: { tagged: Tagged<User>; reload: () => Promise<Tagged<User>> }) {
  // The form keeps the version that it was filled from: what is fetched meanwhile does not change what is typed.
  const [editing, setEditing] = useState<Tagged<User>>()
  const user = tagged.record
  if (editing) {
    return (
      <Section title="Details">
        <UserForm
          key={editing.tag}
          tagged={editing}
          onDone={() => setEditing(undefined)}
          reload={async () => setEditing(await reload())}
        />
      </Section>
    )
  }
  return (
    <Section
      title="Details"
      actions={
        <ActionButton
          operation="users_update"
          size="xs"
          variant="default"
          leftSection={<Pencil size={13} aria-hidden />}
          onClick={() => setEditing(tagged)}
        >
          Edit details
        </ActionButton>
      }
    >
      <Facts
        columns={3}
        of={[
          ['First name', <bdi key="first">{user.firstName}</bdi>],
          ['Last name', <bdi key="last">{user.lastName}</bdi>],
          ['E-mail', user.email],
          ['First day', formatDay(user.startDate)],
          ['Last day', <EndDay key="until" day={user.endDate} />],
          [
            'License',
            <PlaceLink key="license" to={pages.license(user.licenseId)}>
              <EnterpriseName id={user.enterpriseId} /> / <ProductName id={user.productId} /> /{' '}
              <ServiceName id={user.serviceId} />
            </PlaceLink>,
          ],
          ['Added', <At key="created" at={user.createdAt} />],
          ['Changed', <At key="changed" at={user.updatedAt} />],
          ['Id', <CopyId key="id" id={user.id} what="user id" />],
        ]}
      />
    </Section>
  )
}

type Values = {
  firstName: string
  lastName: string
  email: string
  startDate: string
  endDate: string
  status: User['status']
}

function valuesOf({ firstName, lastName, email, startDate, endDate, status }: User): Values {
  return { firstName, lastName, email, startDate, endDate: endDate ?? '', status }
}

const STATUSES = [
  { value: 'active', label: 'Active', description: 'Holds a seat, and can work between the two days.' },
  { value: 'inactive', label: 'Inactive', description: 'Holds no seat, and is signed out everywhere.' },
]

const ENDED = { value: 'ended', label: 'Ended', description: 'The last day is over. Give another one to go on.' }

function UserForm({
  tagged,
  onDone,
  reload,
}: {
  tagged: Tagged<User>
  onDone: () => void
  reload: () => Promise<void>
}) {
  const { scope } = usePlace()
  const { record } = tagged
  const save = async (values: Values, over: Tagged<User>, confirm?: string) => {
    const { endDate, status, ...rest } = values
    const query = { ...scope, ...(confirm ? { confirm } : {}) }
    const params = { path: { userId: record.id }, query, header: { 'If-Match': over.tag } }
    const body = {
      ...rest,
      accountId: scope.accountId,
      endDate: orNull(endDate),
      // Only what was changed is judged: rights, seats and the last administrator.
      status: status === over.record.status || status === 'ended' ? null : status,
    }
    await sendTagged(api.PUT('/api/users/{userId}', { body, params }))
    await invalidate(...USER_PATHS)
    notifyDone(`Saved ${nameOf(values)}`)
    onDone()
  }
  const form = useRecordForm<Values, User>({
    tagged,
    valuesOf,
    save,
    readNow: () => readNow(qTagged('/api/users/{userId}', { path: { userId: record.id }, query: scope })),
    labels: { email: 'E-mail', startDate: 'First day', endDate: 'Last day' },
    what: 'save the user',
    fieldOf: { email_taken: 'email', license_limit_exceeded: 'status', no_active_license: 'status' },
  })
  const signsIn = record.identityStatus !== 'none'
  return (
    <FormShell form={form} opened act="Save details" onCancel={onDone} onReload={reload}>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextField name="firstName" label="First name" required />
        <TextField name="lastName" label="Last name" required />
      </SimpleGrid>
      <EmailField
        name="email"
        label="E-mail"
        required
        disabled={signsIn}
        description={
          signsIn ? 'They sign in with this address, so it stays. Add a user with the new one instead.' : undefined
        }
      />
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <DayField name="startDate" label="First day" required description="They can’t do anything before it." />
        <DayField name="endDate" label="Last day" description="Empty if there is no end." />
      </SimpleGrid>
      <RadioField name="status" label="Status" choices={record.status === 'ended' ? [ENDED, ...STATUSES] : STATUSES} />
    </FormShell>
  )
}
