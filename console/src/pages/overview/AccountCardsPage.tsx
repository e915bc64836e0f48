import { Page } from '../../ui/Page'

export default function AccountCardsPage() {
  return <Page title="AccountCardsPage">Placeholder</Page>
}
