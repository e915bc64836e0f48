// What is done to a person from the list and from their own page.
import { api, send } from '../../api/client'
import { type GetPath, invalidate } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { Confirm } from '../../ui/Confirm'
import { useAction } from '../../ui/useAction'

export type User = components['schemas']['User']

export function nameOf(user: Pick<User, 'firstName' | 'lastName'>): string {
  return `${user.firstName} ${user.lastName}`
}

/** What is on screen somewhere and depends on a user. */
export const USER_PATHS: GetPath[] = [
  '/api/users',
  '/api/users/{userId}',
  '/api/groups/{groupId}/users',
  '/api/licenses/capacity',
  '/api/outbox',
]

const MAIL_WORDS: Record<NonNullable<User['mailProblem']>['kind'], string> = {
  bounced: 'Invitation bounced',
  complained: 'Marked as spam',
  suppressed: 'Mail suppressed',
}

/** Whether an invitation was not accepted in time. */
export function hasExpired(user: Pick<User, 'identityStatus' | 'invitation'>): boolean {
  return user.identityStatus === 'invited' && user.invitation?.state === 'expired'
}

/** The state of somebody's sign-in, as it is drawn. */
export function signInState(user: Pick<User, 'identityStatus' | 'invitation'>): string {
  return hasExpired(user) ? 'expired' : user.identityStatus
}

/** What the API calls the state of somebody's sign-in, in words. */
export function signInWord(user: Pick<User, 'identityStatus' | 'mailProblem' | 'invitation'>): string | undefined {
  if (user.identityStatus === 'invited' && user.mailProblem) return MAIL_WORDS[user.mailProblem.kind]
  if (hasExpired(user)) return 'Invitation expired'
  const words: Partial<Record<User['identityStatus'], string>> = {
    invited: 'Invited',
    confirmed: 'Confirmed',
    failed: 'Invitation failed',
    pending: 'Being made',
  }
  return words[user.identityStatus]
}

/** Why somebody can't be enabled, if they can't. */
export function notEnablable(user: User): string | undefined {
  return user.status === 'ended' ? 'The last day is over. Give another one, or none.' : undefined
}

/** Why there is no invitation to send, if there is none. */
export function notInvitable(user: User): string | undefined {
  if (user.identityStatus === 'confirmed')
    return 'This person has chosen a password. A forgotten one is reset from the sign-in page.'
  return undefined
}

export function useInvite() {
  const { scope } = usePlace()
  return useAction({
    what: 'send the invitation',
    run: async (user: User) => {
      const params = { path: { userId: user.id }, query: scope }
      const sent = await send(api.POST('/api/users/{userId}/invitation', { params }))
      if (sent.identityStatus !== 'failed') return sent
      void invalidate(...USER_PATHS)
      throw new Error('the mail could not be sent; try again later')
    },
    done: (sent) => `Sent an invitation to ${sent.email}`,
    changes: USER_PATHS,
  })
}

/** A user, and the effect that was confirmed. */
type Asked = { user: User; confirm?: string | undefined }

function useStatus(status: 'active' | 'inactive', what: string, done: (name: string) => string, showsFailure: boolean) {
  const { scope } = usePlace()
  return useAction({
    what,
    run: ({ user, confirm }: Asked) =>
      send(
        api.PUT('/api/users/{userId}', {
          params: { path: { userId: user.id }, query: { ...scope, ...(confirm ? { confirm } : {}) } },
          body: { accountId: scope.accountId, firstName: null, lastName: null, email: null, startDate: null, status },
        }),
      ),
    done: (user) => done(nameOf(user)),
    changes: USER_PATHS,
    showsFailure,
  })
}

export function useEnable() {
  return useStatus('active', 'enable the user', (name) => `Enabled ${name}`, false)
}

export function DisableUser({ user, onClose }: { user: User | undefined; onClose: () => void }) {
  const disable = useStatus('inactive', 'disable the user', (name) => `Disabled ${name}`, true)
  return (
    <Confirm
      opened={user !== undefined}
      onClose={onClose}
      title={`Disable ${user ? nameOf(user) : ''}`}
      act="Disable user"
      what="disable the user"
      run={async (confirm) => user && disable.mutateAsync({ user, confirm })}
    >
      <bdi>{user && nameOf(user)}</bdi> ({user?.email}) is signed out everywhere, and their seat becomes free. They can
      be enabled again as long as there is a free seat.
    </Confirm>
  )
}

export function DeleteUser({
  user,
  onClose,
  then,
}: {
  user: User | undefined
  onClose: () => void
  then?: () => Promise<void>
}) {
  const { scope } = usePlace()
  const remove = useAction({
    what: 'delete the user',
    run: ({ user: one, confirm }: Asked) =>
      send(
        api.DELETE('/api/users/{userId}', {
          params: { path: { userId: one.id }, query: { ...scope, ...(confirm ? { confirm } : {}) } },
        }),
      ),
    done: (_, { user: one }) => `Deleted ${nameOf(one)}`,
    changes: USER_PATHS.filter((path) => path !== '/api/users/{userId}' || !then),
    ...(then ? { then } : {}),
    showsFailure: true,
  })
  return (
    <Confirm
      opened={user !== undefined}
      onClose={onClose}
      title={`Delete ${user ? nameOf(user) : ''}`}
      act="Delete user"
      what="delete the user"
      run={async (confirm) => user && remove.mutateAsync({ user, confirm })}
      goes={['The person’s record, memberships and sign-in']}
      stays={['What the audit log says about them']}
    >
      <bdi>{user && nameOf(user)}</bdi> ({user?.email}) is signed out everywhere, and their seat becomes free. This
      can’t be undone.
    </Confirm>
  )
}

/** Why somebody can't be deleted here, if they can't. */
export function notDeletable(user: User, self: string | undefined): string | undefined {
  return user.id === self ? 'You can’t delete yourself. Ask another administrator.' : undefined
}
