import { Page } from '../../ui/Page'

export default function ServicePage() {
  return <Page title="ServicePage">Placeholder</Page>
}
