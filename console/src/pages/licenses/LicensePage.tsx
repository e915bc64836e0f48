import { Page } from '../../ui/Page'

export default function LicensePage() {
  return <Page title="LicensePage">Placeholder</Page>
}
