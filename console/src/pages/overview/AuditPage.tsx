// The audit log of the account that one is in.
import { usePlace } from '../../app/place'
import { AuditLog } from './AuditLog'

export default function AuditPage() {
  const { accountId } = usePlace()
  return <AuditLog title="Audit log" accountId={accountId} />
}
