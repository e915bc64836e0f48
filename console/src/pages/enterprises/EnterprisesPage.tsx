import { Page } from '../../ui/Page'

export default function EnterprisesPage() {
  return <Page title="EnterprisesPage">Placeholder</Page>
}
