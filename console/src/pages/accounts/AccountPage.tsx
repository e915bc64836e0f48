// One account.
import { useParams } from '@tanstack/react-router'
import { useOperator } from '../../app/rights'
import { pages } from '../../paths'
import { AccountView } from './AccountView'

export default function AccountPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const operator = useOperator()
  return <AccountView key={id} id={id} {...(operator ? { up: [{ label: 'Accounts', to: pages.accounts }] } : {})} />
}
