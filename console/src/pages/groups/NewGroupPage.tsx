import { Page } from '../../ui/Page'

export default function NewGroupPage() {
  return <Page title="NewGroupPage">Placeholder</Page>
}
