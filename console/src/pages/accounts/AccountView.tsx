// What is known of an account, and what can be done with it.
import { Alert, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { FileText, ListChecks, Pencil, RotateCcw, Trash2, TriangleAlert } from 'lucide-react'
import { Suspense, useState } from 'react'
import { api, intents, send } from '../../api/client'
import { sentence } from '../../api/problem'
import { q, qTagged } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { later } from '../../code'
import { words } from '../../format'
import { NO_ENTERPRISE, pages, placePath } from '../../paths'
import { deleteRefusal, editRefusal, isChanging } from '../../ui/accountState'
import { ExpiringCount, RunEvidence, SeatsOf } from '../../ui/AccountEvidence'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { countryName } from '../../ui/countries'
import { Facts } from '../../ui/Facts'
import { OverCapacity } from '../../ui/OverCapacity'
import { Loaded, Page, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { Ago, At } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { LicenseSeats } from './LicenseSeats'
import { EditAccount } from './EditAccount'
import '../../ui/account.css'

const InviteAdministrator = later(() => import('./InviteAdministrator'))
const DeleteAccount = later(() => import('./DeleteAccount'))

type Account = components['schemas']['Account']

const CHANGING_MS = 1_500

export function AccountView({ id }: { id: string }) {
  const account = useQuery({
    ...qTagged('/api/accounts/{accountId}', { path: { accountId: id } }),
    refetchInterval: (query) => (isChanging(query.state.data?.record.status ?? '') ? CHANGING_MS : false),
  })
  const [editing, setEditing] = useState(false)
  const known = account.data?.record
  return (
    <Page
      title={known?.name ?? 'Account'}
      intro={
        known && (
          <>
            <Status of={known.status} /> {known.degraded && <Status of="degraded" />}
          </>
        )
      }
      actions={known && !editing && <Actions account={known} edit={() => setEditing(true)} />}
    >
      <Loaded query={account} what="load the account" noun="account">
        {({ record, tag }) =>
          editing ? (
            <EditAccount account={record} tag={tag} close={() => setEditing(false)} />
          ) : (
            <Shown account={record} />
          )
        }
      </Loaded>
    </Page>
  )
}

function Actions({ account, edit }: { account: Account; edit: () => void }) {
  const place = usePlace()
  const [deleting, setDeleting] = useState(false)
  return (
    <>
      {account.status === 'deleted' && (
        <ActionButton
          operation="accounts_receipt"
          variant="default"
          leftSection={<FileText size={16} aria-hidden />}
          to={placePath(place, pages.receipt(account.id))}
        >
          Receipt
        </ActionButton>
      )}
      {account.provisioning && (
        <ActionButton
          operation="provisioning_status"
          variant="default"
          leftSection={<ListChecks size={16} aria-hidden />}
          to={placePath(place, pages.provisioning(account.id))}
        >
          Latest run
        </ActionButton>
      )}
      <ActionButton
        operation="accounts_update"
        variant="default"
        leftSection={<Pencil size={16} aria-hidden />}
        onClick={edit}
        refused={editRefusal(account)}
      >
        Edit
      </ActionButton>
      <ActionButton
        operation="accounts_delete"
        variant="default"
        leftSection={<Trash2 size={16} aria-hidden />}
        onClick={() => setDeleting(true)}
        refused={deleteRefusal(account)}
      >
        {account.status === 'disabled' ? 'Remove now' : 'Delete'}
      </ActionButton>
      <Suspense>{deleting && <DeleteAccount account={account} onClose={() => setDeleting(false)} />}</Suspense>
    </>
  )
}

function Shown({ account }: { account: Account }) {
  const may = useMay()
  const { address } = account
  const changing = isChanging(account.status)
  return (
    <>
      {account.status === 'disabled' && <Grace account={account} />}
      {account.degraded && <Degraded reasons={account.degradedReasons ?? []} />}
      <div className="two-columns">
        <Section title="Details">
          <Facts
            of={[
              ['Name', <bdi key="name">{account.name}</bdi>],
              ['Master account', <bdi key="master">{account.masterAccountName}</bdi>],
              ['Cloud type', words(account.cloudType)],
              ['Account id', <CopyId key="id" id={account.id} what="account id" />],
              ['Created', <At key="created" at={account.createdAt} />],
              ['Changed', <Ago key="changed" at={account.updatedAt} />],
            ]}
          />
        </Section>
        <Section title="Address">
          <Facts
            of={[
              ['Line 1', address.line1],
              ['Line 2', address.line2],
              ['City', address.city],
              ['State or region', address.state],
              ['Postal code', address.postalCode],
              ['Country', countryName(address.country)],
            ]}
          />
        </Section>
      </div>
      <div className="two-columns">
        {account.provisioning && (
          <Section title="Provisioning">
            <Stack gap={6}>
              <Status of={account.provisioning.status} />
              <RunEvidence accountId={account.id} status={account.status} />
              {may('provisioning_status').allowed && (
                <Text size="sm">
                  <PlaceLink to={pages.provisioning(account.id)}>Steps of the run</PlaceLink>
                </Text>
              )}
            </Stack>
          </Section>
        )}
        {may('accounts_technical_users').allowed && account.status !== 'deleted' && (
          <TechnicalUsers account={account} changing={changing} />
        )}
      </div>
      {may('licenses_capacity').allowed && account.status !== 'deleted' && (
        <Section title="Capacity" intro="Seats of the licenses that are in force today.">
          <Stack gap="sm">
            <OverCapacity scope={{ accountId: account.id }} />
            <SeatsOf accountId={account.id} changing={changing} />
            <ExpiringCount accountId={account.id} />
            <LicenseSeats accountId={account.id} />
          </Stack>
        </Section>
      )}
    </>
  )
}

function TechnicalUsers({ account, changing }: { account: Account; changing: boolean }) {
  const accountId = account.id
  const [inviting, setInviting] = useState(false)
  const users = useQuery({
    ...q('/api/accounts/{accountId}/technical-users', { path: { accountId }, query: { limit: 20 } }),
    refetchInterval: changing ? CHANGING_MS : false,
  })
  return (
    <Section
      title="Technical users"
      intro="The onboarding made them. They view everything and change nothing."
      actions={
        <ActionButton
          size="xs"
          variant="default"
          operation="users_provision"
          refused={account.status === 'active' ? undefined : `The account is ${account.status}.`}
          onClick={() => setInviting(true)}
        >
          Invite an administrator
        </ActionButton>
      }
    >
      <Loaded query={users} what="list the technical users" rows={2}>
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              None yet.
            </Text>
          ) : (
            <Stack gap={8}>
              {page.items.map((user) => {
                const name = `${user.firstName} ${user.lastName}`
                return (
                  <div key={user.id} style={{ minWidth: 0 }}>
                    <Text size="sm" component="div" className="wrap-anywhere">
                      <PlaceLink
                        to={placePath(
                          { accountId, enterpriseId: user.enterpriseId ?? NO_ENTERPRISE },
                          pages.user(user.id),
                        )}
                      >
                        {name}
                      </PlaceLink>{' '}
                      <Status of={user.identityStatus} />
                    </Text>
                    <Text size="xs" c="dimmed" className="wrap-anywhere">
                      {user.email}
                    </Text>
                  </div>
                )
              })}
            </Stack>
          )
        }
      </Loaded>
      <Suspense>{inviting && <InviteAdministrator account={account} onClose={() => setInviting(false)} />}</Suspense>
    </Section>
  )
}

const NOTE = { title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }

function Degraded({ reasons }: { reasons: string[] }) {
  return (
    <Alert
      color="yellow"
      icon={<TriangleAlert size={18} aria-hidden />}
      title="The account works, but something is missing"
      styles={NOTE}
    >
      {reasons.map((reason) => (
        <Text key={reason} size="sm" className="wrap-anywhere">
          {sentence(reason)}
        </Text>
      ))}
      <Text size="sm" className="in-text">
        Operators can retry a step that failed from the <PlaceLink to={pages.failedSteps}>failed steps</PlaceLink>.
      </Text>
    </Alert>
  )
}

function Grace({ account }: { account: Account }) {
  const [keys] = useState(intents)
  const restore = useAction({
    what: 'restore the account',
    run: () =>
      send(
        api.POST('/api/accounts/{accountId}/restore', {
          params: { path: { accountId: account.id }, header: { 'Idempotency-Key': keys.keyOf(account.updatedAt) } },
        }),
      ),
    done: 'The account is active again.',
    changes: ['/api/accounts', '/api/accounts/{accountId}'],
  })
  return (
    <Alert
      color="yellow"
      icon={<TriangleAlert size={18} aria-hidden />}
      title="The account is disabled and will be removed"
      styles={NOTE}
    >
      <Stack gap="sm" align="flex-start">
        <Text size="sm" component="div">
          {account.deletesAt ? (
            <>
              Its removal begins <Ago at={account.deletesAt} />, on <At at={account.deletesAt} />. Until then nobody of
              the account can work in it, and everything is kept.
            </>
          ) : (
            'Nobody of the account can work in it, and everything is kept until the removal begins.'
          )}
        </Text>
        <ActionButton
          operation="accounts_restore"
          size="xs"
          variant="default"
          leftSection={<RotateCcw size={14} aria-hidden />}
          loading={restore.isPending}
          onClick={() => restore.mutate()}
        >
          Restore the account
        </ActionButton>
      </Stack>
    </Alert>
  )
}
