import { Page } from '../../ui/Page'

export default function ProductsPage() {
  return <Page title="ProductsPage">Placeholder</Page>
}
