import { Page } from '../../ui/Page'

export default function WorkstreamsPage() {
  return <Page title="WorkstreamsPage">Placeholder</Page>
}
