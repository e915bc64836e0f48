// What a new platform needs, in order, each step with the way to do it.
import { Button, Group, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleDashed } from 'lucide-react'
import { Suspense, type ReactNode, useState } from 'react'
import { accessQuery } from '../../app/rights'
import { later } from '../../code'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { type FirstSteps, dismiss } from './firstSteps'

const InviteAdministrator = later(() => import('./InviteAdministrator'))

export default function FirstStepsCard({ steps, onDismiss }: { steps: FirstSteps; onDismiss: () => void }) {
  const userId = useQuery(accessQuery).data?.user.id
  const [inviting, setInviting] = useState(false)
  const { catalogue, account, administrator } = steps
  const all = catalogue && account !== undefined && administrator !== 'none'
  return (
    <Section
      title={all ? 'Your platform is set up' : 'First steps'}
      intro={all ? undefined : 'Three steps to an account that its administrator can sign in to.'}
      actions={
        <Button
          size="xs"
          variant="default"
          onClick={() => {
            if (userId) dismiss(userId)
            onDismiss()
          }}
        >
          Dismiss
        </Button>
      }
    >
      <Stack component="ol" gap="md" p={0} m={0} style={{ listStyle: 'none' }} aria-label="First steps">
        <Step
          done={catalogue}
          title="Create what accounts can license"
          text="A service, a product and an enterprise, in one form."
          act={
            <ActionButton size="xs" operation="enterprises_create" to={pages.quickStart}>
              Create them
            </ActionButton>
          }
        />
        <Step
          done={account !== undefined}
          title="Onboard the first account"
          text="A tenant with its users, licenses and data."
          state={account && <PlaceLink to={pages.account(account.id)}>{account.name}</PlaceLink>}
          act={
            <ActionButton
              size="xs"
              operation="accounts_create"
              to={pages.newAccount}
              refused={catalogue ? undefined : 'Create first what the account can license.'}
            >
              Onboard the first account
            </ActionButton>
          }
        />
        <Step
          done={administrator !== 'none'}
          title="Invite an administrator of the account"
          text="They add the other users. The onboarding has asked for one; you can also invite one now."
          state={
            administrator === 'signed-in' ? (
              'An administrator has signed in.'
            ) : (
              <>
                Invited. The invitation is in the <PlaceLink to={pages.sentMail}>sent mail</PlaceLink>.
              </>
            )
          }
          act={
            <ActionButton
              size="xs"
              operation="users_provision"
              onClick={() => setInviting(true)}
              refused={account?.status === 'active' ? undefined : 'The account must be active first.'}
            >
              Invite an administrator
            </ActionButton>
          }
        />
      </Stack>
      <Suspense>
        {inviting && account && <InviteAdministrator account={account} onClose={() => setInviting(false)} />}
      </Suspense>
    </Section>
  )
}

type StepProps = { done: boolean; title: string; text: string; state?: ReactNode; act: ReactNode }

function Step({ done, title, text, state, act }: StepProps) {
  return (
    <Group component="li" gap="sm" wrap="nowrap" align="flex-start">
      <span className="status" data-tone={done ? 'good' : 'idle'} style={{ paddingBlockStart: 2 }}>
        {done ? <CircleCheck size={18} aria-hidden /> : <CircleDashed size={18} aria-hidden />}
        <span className="visually-hidden">{done ? 'Done:' : 'To do:'}</span>
      </span>
      <div style={{ flex: 1, minWidth: 0 }}>
        <Text size="sm" fw={600}>
          {title}
        </Text>
        <Text size="sm" c="dimmed" component="div" className="in-text wrap-anywhere">
          {(done && state) || text}
        </Text>
      </div>
      {!done && act}
    </Group>
  )
}
