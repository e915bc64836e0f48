import { Page } from '../../ui/Page'

export default function NewUserPage() {
  return <Page title="NewUserPage">Placeholder</Page>
}
