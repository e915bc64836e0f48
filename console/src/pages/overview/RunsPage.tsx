import { Page } from '../../ui/Page'

export default function RunsPage() {
  return <Page title="RunsPage">Placeholder</Page>
}
