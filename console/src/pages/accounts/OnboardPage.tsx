import { Page } from '../../ui/Page'

export default function OnboardPage() {
  return <Page title="OnboardPage">Placeholder</Page>
}
