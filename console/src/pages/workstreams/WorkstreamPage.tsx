import { Page } from '../../ui/Page'

export default function WorkstreamPage() {
  return <Page title="WorkstreamPage">Placeholder</Page>
}
