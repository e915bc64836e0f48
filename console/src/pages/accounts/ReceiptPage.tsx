import { Page } from '../../ui/Page'

export default function ReceiptPage() {
  return <Page title="ReceiptPage">Placeholder</Page>
}
