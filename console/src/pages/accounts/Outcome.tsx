// What a run has come to, and what can be done about it.
import { Group, Stack, Text, Title } from '@mantine/core'
import { CircleAlert, CircleCheck, CircleSlash, TriangleAlert } from 'lucide-react'
import { type ReactNode, Suspense, useState } from 'react'
import { api, intents, send } from '../../api/client'
import { sentence } from '../../api/problem'
import type { components } from '../../api/schema.gen'
import type { Progress } from '../../api/progress'
import { usePlace } from '../../app/place'
import { later } from '../../code'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Confirm } from '../../ui/Confirm'
import { PlaceLink } from '../../ui/PlaceLink'
import { stepTitle, wayOut } from '../../ui/run'
import { useAction } from '../../ui/useAction'
import { useFirstSteps } from './firstSteps'
import '../../ui/account.css'

const InviteAdministrator = later(() => import('./InviteAdministrator'))

type Account = components['schemas']['Account']
type Props = {
  account: Account | undefined
  accountId: string
  progress: Progress
  /** The run goes on, as the server has answered. */
  again: (progress: Progress) => void
}

export function Outcome(props: Props) {
  const { progress } = props
  const removal = progress.workflow === 'account-deprovisioning'
  switch (progress.status) {
    case 'running':
    case 'undoing':
      return null
    case 'failed':
    case 'stuck':
      return <Failed {...props} removal={removal} />
    case 'undone':
      return <Undone />
    case 'succeeded':
      return removal ? <Removed {...props} /> : <Onboarded {...props} />
  }
}

function Failed({ account, accountId, progress, again, removal }: Props & { removal: boolean }) {
  const [asking, setAsking] = useState(false)
  const [redriveKeys] = useState(intents)
  const [undoKeys] = useState(intents)
  const { failure, status } = progress
  const redrive = useAction({
    what: 'retry the run',
    run: () =>
      send(
        api.POST('/api/provisioning', {
          params: { header: { 'Idempotency-Key': redriveKeys.keyOf(progress.lastEvent) } },
          body: { accountId },
        }),
      ),
    changes: ['/api/accounts', '/api/accounts/{accountId}', '/api/executions', '/api/provisioning/{accountId}'],
    then: again,
  })
  const undo = async () => {
    again(
      await send(
        api.POST('/api/provisioning/{accountId}/undo', {
          params: { path: { accountId }, header: { 'Idempotency-Key': undoKeys.keyOf(progress.lastEvent) } },
        }),
      ),
    )
  }
  const stuck = status === 'stuck'
  const at =
    failure && progress.steps.some((step) => step.name === failure.state) ? ` at “${stepTitle(failure.state)}”` : ''
  return (
    <Note
      tone="bad"
      icon={<CircleAlert size={18} aria-hidden />}
      title={stuck ? `The rollback is stuck${at}` : removal ? `The removal failed${at}` : `The onboarding failed${at}`}
    >
      {failure && (
        <Text size="sm" className="wrap-anywhere">
          {sentence(failure.message)} <span className="mono">{failure.code}</span>. {wayOut(failure.code)}
        </Text>
      )}
      <ul className="choices">
        <li>
          <ActionButton
            operation="provisioning_start"
            size="xs"
            loading={redrive.isPending}
            onClick={() => redrive.mutate()}
          >
            Retry from the failed step
          </ActionButton>
          <Text size="sm">
            {stuck
              ? 'Goes on rolling back where it stopped.'
              : 'Goes on from the step that failed. What is done stays done.'}
          </Text>
        </li>
        {!removal && !stuck && (
          <li>
            <ActionButton
              operation="provisioning_undo"
              size="xs"
              variant="default"
              onClick={() => setAsking(true)}
              refused={undoRefusal(account)}
            >
              Roll back
            </ActionButton>
            <Text size="sm">Removes everything that was made, step by step. The name is then free again.</Text>
          </li>
        )}
      </ul>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Roll back the onboarding of ${account?.name ?? 'this account'}`}
        act="Roll back the onboarding"
        what="roll back the onboarding"
        run={undo}
        typed={account?.name ?? ''}
        goes={[
          'Everything that the onboarding has made',
          'What was made in the account since then',
          'The name, which is free again',
        ]}
        stays={['The account’s record, marked as deleted', 'Its audit log and its events', 'This run, with its steps']}
      />
    </Note>
  )
}

/** Its name is asked for, so it must be known. */
function undoRefusal(account: Account | undefined): string | undefined {
  if (!account) return 'The account is not loaded yet.'
  return account.status === 'failed' ? undefined : `The account is ${account.status}.`
}

function Onboarded({ accountId, account, progress }: Props) {
  const place = usePlace()
  const degraded = progress.degraded ?? []
  const steps = useFirstSteps()
  const [inviting, setInviting] = useState(false)
  const notices = progress.steps.find((step) => step.name === 'SendCredentialNotifications')?.items ?? []
  const invited = notices.length > 0 && notices.every((item) => item.status === 'succeeded')
  const lacks = degraded.length > 0 || !invited
  // It may have been disabled since, in its time of grace.
  const state =
    account?.status === 'disabled' ? 'The account was onboarded, and is disabled now' : 'The account is active'
  return (
    <Note
      tone={lacks ? 'warn' : 'good'}
      icon={lacks ? <TriangleAlert size={18} aria-hidden /> : <CircleCheck size={18} aria-hidden />}
      title={lacks ? `${state}, but something is missing` : state}
    >
      {degraded.map((reason) => (
        <Text key={reason} size="sm" className="wrap-anywhere">
          {sentence(reason)}
        </Text>
      ))}
      <Text size="sm" className="in-text">
        {invited ? (
          <>
            {notices.length > 1
              ? 'The invitations for the administrator and the technical user are'
              : 'The invitation for the technical user is'}{' '}
            in the{' '}
            <PlaceLink to={pages.sentMail} search={{ account: accountId }}>
              sent mail
            </PlaceLink>
            . {notices.length > 1 ? 'They follow their links and choose' : 'They follow its link and choose'} a
            password.
          </>
        ) : notices.length > 1 ? (
          'Not every invitation was sent.'
        ) : (
          'The invitation for the technical user was not sent.'
        )}{' '}
        {lacks && (
          <>
            Retry a step that failed from the <PlaceLink to={pages.failedSteps}>failed steps</PlaceLink>.
          </>
        )}
      </Text>
      <Group gap="xs">
        <ActionButton size="xs" to={pages.overviewOf(accountId)}>
          Open the account
        </ActionButton>
        {steps && (
          <ActionButton size="xs" variant="default" to={pages.accounts}>
            Back to the first steps
          </ActionButton>
        )}
        {notices.length === 1 && account?.status === 'active' && (
          <ActionButton size="xs" variant="default" operation="users_provision" onClick={() => setInviting(true)}>
            Invite an administrator
          </ActionButton>
        )}
        <ActionButton size="xs" variant="default" operation="accounts_create" to={placePath(place, pages.newAccount)}>
          Onboard another
        </ActionButton>
      </Group>
      <Suspense>
        {inviting && account && <InviteAdministrator account={account} onClose={() => setInviting(false)} />}
      </Suspense>
    </Note>
  )
}

function Removed({ accountId }: Props) {
  const place = usePlace()
  return (
    <Note tone="good" icon={<CircleCheck size={18} aria-hidden />} title="The account is removed">
      <Text size="sm">Its record, its audit log and a receipt of what was removed are kept.</Text>
      <Group gap="xs">
        <ActionButton size="xs" operation="accounts_receipt" to={placePath(place, pages.receipt(accountId))}>
          Show the receipt
        </ActionButton>
        <ActionButton size="xs" variant="default" to={placePath(place, pages.accounts)}>
          All accounts
        </ActionButton>
      </Group>
    </Note>
  )
}

function Undone() {
  const place = usePlace()
  return (
    <Note tone="idle" icon={<CircleSlash size={18} aria-hidden />} title="The onboarding was rolled back">
      <Text size="sm">Nothing of the account is left but its record and its log. Its name is free again.</Text>
      <Group gap="xs">
        <ActionButton size="xs" operation="accounts_create" to={placePath(place, pages.newAccount)}>
          Onboard an account
        </ActionButton>
      </Group>
    </Note>
  )
}

type Tone = 'good' | 'warn' | 'bad' | 'idle'

function Note({ tone, icon, title, children }: { tone: Tone; icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <section className="card note" data-tone={tone} aria-label={title}>
      <Stack gap="sm" align="flex-start">
        <Title order={2} className="status" data-tone={tone} style={{ whiteSpace: 'normal', fontSize: 14 }}>
          {icon}
          {title}
        </Title>
        {children}
      </Stack>
    </section>
  )
}
