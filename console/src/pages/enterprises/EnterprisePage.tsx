import { Page } from '../../ui/Page'

export default function EnterprisePage() {
  return <Page title="EnterprisePage">Placeholder</Page>
}
