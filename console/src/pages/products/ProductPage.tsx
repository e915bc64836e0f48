import { Page } from '../../ui/Page'

export default function ProductPage() {
  return <Page title="ProductPage">Placeholder</Page>
}
