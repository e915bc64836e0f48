import { Page } from '../../ui/Page'

export default function PlatformPage() {
  return <Page title="PlatformPage">Placeholder</Page>
}
