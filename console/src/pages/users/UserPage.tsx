import { Page } from '../../ui/Page'

export default function UserPage() {
  return <Page title="UserPage">Placeholder</Page>
}
