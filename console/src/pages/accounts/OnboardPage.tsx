// Onboarding an account. Without an enterprise to license there is nothing to begin with.
import { useQuery } from '@tanstack/react-query'
import { q } from '../../api/queries'
import { accessQuery, useMay } from '../../app/rights'
import { pages } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Empty } from '../../ui/Empty'
import { Failure } from '../../ui/Failure'
import { Loaded, Page, Section, Waiting } from '../../ui/Page'
import { isWhole, licensable } from './offers'
import { Wizard } from './Wizard'

export const MOST_AT_ONCE = 200

export default function OnboardPage() {
  const may = useMay()
  const access = useQuery(accessQuery).data
  const enterprises = useQuery({ ...q('/api/enterprises', { query: { limit: MOST_AT_ONCE } }), staleTime: 0 })
  const refusal = may('accounts_create').reason
  return (
    <Page
      title="Onboard an account"
      up={[{ label: 'Accounts', to: pages.accounts }]}
      intro="Four steps, then a look over everything. The account is active within seconds of the last one."
    >
      {!access ? (
        <Waiting />
      ) : refusal ? (
        <Failure what="onboard an account" error={refusal} />
      ) : (
        <Loaded query={enterprises} what="load what can be licensed" rows={8}>
          {(page) => {
            const offered = licensable(page.items)
            return offered.some(isWhole) || page.nextCursor ? (
              <Wizard
                userId={access.user.id}
                offered={offered}
                more={page.nextCursor !== undefined && page.nextCursor !== null}
              />
            ) : (
              <NothingToLicense />
            )
          }}
        </Loaded>
      )}
    </Page>
  )
}

function NothingToLicense() {
  return (
    <Section>
      <Empty
        title="There is nothing to license yet"
        action={
          <ActionButton operation="enterprises_create" to={pages.quickStart} mt="xs">
            Create an enterprise, a product and a service
          </ActionButton>
        }
      >
        An account begins with at least one license, and a license is of an enterprise, a product and a service that are
        linked. One short form makes all three.
      </Empty>
    </Section>
  )
}
