// Whether a person can sign in, and the invitation that lets them.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { q } from '../../api/queries'
import { useMay } from '../../app/rights'
import { formatTime, linkIn } from '../../format'
import { ActionButton } from '../../ui/ActionButton'
import { CopyButton } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { Section } from '../../ui/Page'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { type User, hasExpired, notInvitable, signInState, signInWord, useInvite } from './acts'

const MEANING: Record<User['identityStatus'], string> = {
  none: 'This person was added without a sign-in. An invitation makes one.',
  pending: 'The sign-in is being made.',
  invited: 'The invitation was sent and has not been accepted yet. A new one voids the one before.',
  confirmed: 'This person has chosen a password.',
  failed: 'The invitation could not be sent. Send it again.',
}

const EXPIRED = 'The invitation was not accepted in time, and its link is void. Invite this person again.'

/** What the mail service reported, and what to do. */
const MAIL_MEANING: Record<NonNullable<User['mailProblem']>['kind'], string> = {
  bounced: 'The mail server of this address refused the last mail. Check the address with this person.',
  complained: 'This person marked a mail as spam. Ask them before you send another.',
  suppressed:
    'The mail service sends nothing to this address, because of earlier bounces or complaints. An operator can take it off the suppression list.',
}

export function SignIn({ user }: { user: User }) {
  const invite = useInvite()
  const mayReadMail = useMay()('outbox_list').allowed
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
          ['State', <Status key="state" of={signInState(user)} word={signInWord(user)} />],
          ...(user.identityStatus === 'invited' && user.invitation
            ? [['Invitation', <Sent key="sent" invitation={user.invitation} />] as [string, React.ReactNode]]
            : []),
          ...(user.identityStatus === 'invited' && !hasExpired(user) && mayReadMail
            ? [['Link', <InvitationLink key="link" user={user} />] as [string, React.ReactNode]]
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
        {hasExpired(user) ? EXPIRED : MEANING[user.identityStatus]}
      </Text>
    </Section>
  )
}

/** The link of the last invitation, for operators: they can hand it on where no mail arrives. */
function InvitationLink({ user }: { user: User }) {
  const query = { accountId: user.accountId, to: user.email, limit: 20 }
  const mails = useQuery({ ...q('/api/outbox', { query }), staleTime: 0 })
  const [last] = (mails.data?.items ?? []).filter((mail) => mail.kind === 'invitation')
  const link = last && linkIn(last.text)
  if (mails.isPending) return <>Loading …</>
  if (!link) return <>The mail is not kept on this server.</>
  return (
    <>
      Only for this person. <CopyButton text={link} what="the invitation link" />
    </>
  )
}

/** When the last invitation went out, and how long it is good. An invitation of an earlier version has no times. */
function Sent({ invitation }: { invitation: NonNullable<User['invitation']> }) {
  return (
    <>
      Sent <Ago at={invitation.sentAt} />, {invitation.state === 'expired' ? 'expired ' : 'good until '}
      {invitation.state === 'expired' ? <Ago at={invitation.expiresAt} /> : formatTime(invitation.expiresAt)}
    </>
  )
}
