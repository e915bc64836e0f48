import { Page } from '../../ui/Page'

export default function NewRolePage() {
  return <Page title="NewRolePage">Placeholder</Page>
}
