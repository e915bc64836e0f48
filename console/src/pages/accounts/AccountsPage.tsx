import { Page } from '../../ui/Page'

export default function AccountsPage() {
  return <Page title="AccountsPage">Placeholder</Page>
}
