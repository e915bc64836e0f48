// The audit log of any account, for operators. That of the platform's own account has what was done to the platform.
import { useQuery } from '@tanstack/react-query'
import { AccountFilter } from '../../app/AccountFilter'
import { accessQuery } from '../../app/rights'
import { Page, Waiting } from '../../ui/Page'
import { useListState } from '../../ui/useListState'
import { AuditLog } from './AuditLog'

export default function PlatformAuditPage() {
  const { search } = useListState()
  const access = useQuery(accessQuery).data
  if (!access) {
    return (
      <Page title="Audit logs">
        <Waiting />
      </Page>
    )
  }
  return (
    <AuditLog
      title="Audit logs"
      accountId={search.account ?? access.defaultAccountId}
      filter={<AccountFilter all="The platform itself" />}
    />
  )
}
