import { Page } from '../../ui/Page'

export default function ProvisioningPage() {
  return <Page title="ProvisioningPage">Placeholder</Page>
}
