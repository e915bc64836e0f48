// Deleting an account: its name is typed, and what goes and what stays is said before.
import { useNavigate } from '@tanstack/react-router'
import { api, send } from '../../api/client'
import { invalidate, queries } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { formatTime } from '../../format'
import { Confirm } from '../../ui/Confirm'
import { notifyDone } from '../../ui/notify'

type Account = components['schemas']['Account']

export default function DeleteAccount({ account, onClose }: { account: Account; onClose: () => void }) {
  const place = usePlace()
  const navigate = useNavigate()
  const { id, name, status, cloudType } = account
  const run = async () => {
    // Without `now` an account that is disabled already keeps its time of grace.
    const query = status === 'disabled' ? { confirm: name, now: true } : { confirm: name }
    const after = await send(
      api.DELETE('/api/provisioning/{accountId}', { params: { path: { accountId: id }, query } }),
    )
    // The run that was shown until now is not the one that is followed from here on.
    queries.removeQueries({ queryKey: ['/api/provisioning/{accountId}', { path: { accountId: id } }] })
    void invalidate('/api/accounts', '/api/accounts/{accountId}', '/api/executions', '/api/users/me/access')
    if (after.status === 'disabled') {
      notifyDone(
        after.deletesAt
          ? `The account is disabled. It can be restored until ${formatTime(after.deletesAt)}.`
          : 'The account is disabled. It can be restored until its removal begins.',
      )
      await navigate({ to: placePath(place, pages.account(id)) })
    } else {
      await navigate({ to: placePath(place, pages.provisioning(id)) })
    }
  }
  return (
    <Confirm
      opened
      onClose={onClose}
      title={`Delete account ${name}`}
      act="Delete account"
      what="delete the account"
      run={run}
      typed={name}
      goes={[
        'Every user’s sign-in, at once',
        'Users, licenses, groups, roles and workstreams',
        ...(cloudType === 'public' ? ['The account’s rows in the shared table'] : ['The account’s own table, whole']),
        'The published parameters, and the name, which is free again',
      ]}
      stays={[
        'The account’s record, marked as deleted',
        'Its audit log and its events',
        'A receipt of what was removed',
      ]}
    >
      {status === 'active' ? <Undoable /> : 'The removal begins at once and can’t be undone.'}
    </Confirm>
  )
}

/** The API tells the time of grace only by its answer. */
function Undoable() {
  return (
    <>
      Whether you can undo this depends on the setting <span className="mono">deletion_grace_days</span> of this
      platform. At 0, its default, the removal begins at once and can’t be undone. With more days the account is
      disabled now, and you can restore it during that time: the next page shows until when.
    </>
  )
}
