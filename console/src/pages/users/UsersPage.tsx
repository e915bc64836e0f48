// The people of an enterprise of an account.
import { Badge, Group } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Ban, CircleCheck, Eye, Mail, Plus, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { usePlace } from '../../app/place'
import { accessQuery, useMay } from '../../app/rights'
import { formatDay } from '../../format'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { DataTable } from '../../ui/DataTable'
import type { RowAction } from '../../ui/RowMenu'
import { ChoiceFilter, TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { EndDay } from '../../ui/Time'
import { useListState } from '../../ui/useListState'
import {
  DeleteUser,
  DisableUser,
  type User,
  nameOf,
  notEnablable,
  notDeletable,
  notInvitable,
  signInState,
  signInWord,
  useEnable,
  useInvite,
} from './acts'
import { LicenseFilter } from './LicenseFilter'

const STATUSES = [
  { value: 'active', label: 'Active' },
  { value: 'inactive', label: 'Inactive' },
  { value: 'ended', label: 'Ended' },
]

const INVITATIONS = [
  { value: 'sent', label: 'Not accepted yet' },
  { value: 'expired', label: 'Expired' },
]

export default function UsersPage() {
  const place = usePlace()
  const { search } = useListState()
  const self = useQuery(accessQuery).data?.user.id
  const seesLicenses = useMay()('licenses_capacity').allowed
  const [leaving, setLeaving] = useState<User>()
  const [disabling, setDisabling] = useState<User>()
  const invite = useInvite()
  const enable = useEnable()
  const { status, invitation, q: text, licenseId } = search
  const add = (
    <ActionButton
      operation="users_create"
      to={placePath(place, pages.newUser)}
      leftSection={<Plus size={15} aria-hidden />}
    >
      Add user
    </ActionButton>
  )
  return (
    <Page title="Users" intro="Each active user takes one license seat." actions={add}>
      <DataTable
        noun={['user', 'users']}
        path="/api/users"
        params={{
          query: {
            ...place.scope,
            ...(status === 'active' || status === 'inactive' || status === 'ended' ? { status } : {}),
            ...(invitation === 'sent' || invitation === 'expired' ? { invitation } : {}),
            ...(text ? { q: text } : {}),
            ...(licenseId ? { licenseId } : {}),
          },
        }}
        filterKeys={['status', 'invitation', 'q', 'licenseId']}
        filters={
          <>
            <TextFilter name="q" label="Name or e-mail" placeholder="Contains" />
            <ChoiceFilter name="status" label="Status" choices={STATUSES} />
            <ChoiceFilter name="invitation" label="Invitation" choices={INVITATIONS} />
            {seesLicenses && <LicenseFilter accountId={place.accountId} enterpriseId={place.scope.enterpriseId} />}
          </>
        }
        idOf={(user) => user.id}
        nameOf={nameOf}
        nothing={{ text: 'Add the first person of this enterprise. They get an invitation by e-mail.', action: add }}
        columns={[
          { header: 'Name', cell: (user) => <Name user={user} /> },
          { header: 'E-mail', cell: (user) => <span title={user.email}>{user.email}</span> },
          { header: 'Status', cell: (user) => <Status of={user.status} /> },
          { header: 'Sign-in', cell: (user) => <Status of={signInState(user)} word={signInWord(user)} /> },
          { header: 'From', cell: (user) => formatDay(user.startDate) },
          { header: 'Until', cell: (user) => <EndDay day={user.endDate} /> },
        ]}
        actions={(user): RowAction[] => [
          { label: 'Open', icon: <Eye size={14} aria-hidden />, to: placePath(place, pages.user(user.id)) },
          {
            label: user.identityStatus === 'none' ? 'Send an invitation' : 'Send the invitation again',
            icon: <Mail size={14} aria-hidden />,
            operation: 'users_invite',
            refused: notInvitable(user),
            onClick: () => invite.mutate(user),
          },
          user.status === 'active'
            ? {
                label: 'Disable',
                icon: <Ban size={14} aria-hidden />,
                operation: 'users_update',
                onClick: () => setDisabling(user),
              }
            : {
                label: 'Enable',
                icon: <CircleCheck size={14} aria-hidden />,
                operation: 'users_update',
                refused: notEnablable(user),
                onClick: () => enable.mutate({ user }),
              },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'users_delete',
            refused: notDeletable(user, self),
            danger: true,
            onClick: () => setLeaving(user),
          },
        ]}
      />
      <DisableUser user={disabling} onClose={() => setDisabling(undefined)} />
      <DeleteUser user={leaving} onClose={() => setLeaving(undefined)} />
    </Page>
  )
}

function Name({ user }: { user: User }) {
  return (
    <Group gap={8} wrap="nowrap" miw={user.technical ? 150 : undefined}>
      <PlaceLink to={pages.user(user.id)} clip>
        {nameOf(user)}
      </PlaceLink>
      {user.technical && (
        <Badge
          variant="default"
          size="sm"
          tt="none"
          fw={500}
          style={{ flex: 'none' }}
          title="The first user of the account, made with it"
        >
          Technical
        </Badge>
      )}
    </Group>
  )
}
