// Whether a person can sign in, and the invitation that lets them.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { q } from '../../api/queries'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { useNow } from '../../now'
import { ActionButton } from '../../ui/ActionButton'
import { Facts } from '../../ui/Facts'
import { Section } from '../../ui/Page'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { type User, notInvitable, signInWord, useInvite } from './acts'

/** How long a link is good. */
const LIFE_MS = 24 * 3_600_000

const MEANING: Record<User['identityStatus'], string> = {
  none: 'This person was added without a sign-in. An invitation makes one.',
  pending: 'The sign-in is being made.',
  invited: 'The invitation was sent and has not been accepted yet. A new one voids the one before.',
  confirmed: 'This person has chosen a password.',
  failed: 'The invitation could not be sent. Send it again.',
}

/** What the mail service reported, and what to do. */
const MAIL_MEANING: Record<NonNullable<User['mailProblem']>['kind'], string> = {
  bounced: 'The mail server of this address refused the last mail. Check the address with this person.',
  complained: 'This person marked a mail as spam. Ask them before you send another.',
  suppressed:
    'The mail service sends nothing to this address, because of earlier bounces or complaints. An operator can take it off the suppression list.',
}

export function SignIn({ user }: { user: User }) {
  const invite = useInvite()
  return (
    <Section
      title="Sign-in"
      actions={
        <ActionButton
          operation="users_invite"
          refused={notInvitable(user)}
          size="xs"
          variant="default"
          loading={invite.isPending}
          leftSection={<Mail size={13} aria-hidden />}
          onClick={() => invite.mutate(user)}
        >
          {user.identityStatus === 'none' ? 'Invite' : 'Invite again'}
        </ActionButton>
      }
    >
      <Facts
        of={[
          ['State', <Status key="state" of={user.identityStatus} word={signInWord(user)} />],
          ...(user.identityStatus === 'invited'
            ? [['Invitation', <Sent key="sent" user={user} />] as [string, React.ReactNode]]
            : []),
          ...(user.mailProblem
            ? [
                [
                  'Mail',
                  <span key="mail">
                    {MAIL_MEANING[user.mailProblem.kind]} (<Ago at={user.mailProblem.at} />)
                  </span>,
                ] as [string, React.ReactNode],
              ]
            : []),
        ]}
      />
      <Text size="sm" c="dimmed" mt="xs">
        {MEANING[user.identityStatus]}
      </Text>
    </Section>
  )
}

/** When the last invitation went out: the outbox knows, which is for operators. */
function Sent({ user }: { user: User }) {
  const { scope } = usePlace()
  const may = useMay()('outbox_list').allowed
  const now = useNow()
  const mails = useQuery({
    ...q('/api/outbox', { query: { accountId: scope.accountId, to: user.email, limit: 20 } }),
    enabled: may,
  })
  if (!may) return <>Good for 24 hours after it was sent</>
  const times = (mails.data?.items ?? []).filter((mail) => mail.kind === 'invitation').map((mail) => mail.at)
  const last = times.sort().at(-1)
  if (!last) return <>{mails.isPending ? '…' : 'Not in the outbox'}</>
  return (
    <>
      Sent <Ago at={last} />, {now - new Date(last).getTime() > LIFE_MS ? 'and no longer valid' : 'good for 24 hours'}
    </>
  )
}
