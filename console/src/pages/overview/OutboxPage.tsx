import { Page } from '../../ui/Page'

export default function OutboxPage() {
  return <Page title="OutboxPage">Placeholder</Page>
}
