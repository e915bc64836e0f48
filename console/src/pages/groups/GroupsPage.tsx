import { Page } from '../../ui/Page'

export default function GroupsPage() {
  return <Page title="GroupsPage">Placeholder</Page>
}
