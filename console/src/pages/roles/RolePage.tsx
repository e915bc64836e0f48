import { Page } from '../../ui/Page'

export default function RolePage() {
  return <Page title="RolePage">Placeholder</Page>
}
