import { Page } from '../../ui/Page'

export default function DeadLettersPage() {
  return <Page title="DeadLettersPage">Placeholder</Page>
}
