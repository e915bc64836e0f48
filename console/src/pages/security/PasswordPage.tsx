import { Page } from '../../ui/Page'

export default function PasswordPage() {
  return <Page title="PasswordPage">Placeholder</Page>
}
