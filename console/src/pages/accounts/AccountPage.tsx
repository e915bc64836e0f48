// The account that one is in.
import { usePlace } from '../../app/place'
import { AccountView } from './AccountView'

export default function AccountPage() {
  const { accountId } = usePlace()
  return <AccountView key={accountId} id={accountId} />
}
