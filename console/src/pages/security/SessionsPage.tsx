import { Page } from '../../ui/Page'

export default function SessionsPage() {
  return <Page title="SessionsPage">Placeholder</Page>
}
