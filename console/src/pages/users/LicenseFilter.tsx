// Narrowing users by the license whose seat they hold.
import { useQuery } from '@tanstack/react-query'
import { q } from '../../api/queries'
import { ChoiceFilter } from '../../ui/Filters'

export function LicenseFilter({ accountId, enterpriseId }: { accountId: string; enterpriseId: string | undefined }) {
  const entities = useQuery(q('/api/licenses/licensed-entities', { query: { accountId } })).data
  const nameIn = (all: Array<{ id: string; name: string }> | undefined, id: string) =>
    all?.find((one) => one.id === id)?.name ?? id
  const here = (entities?.licenses ?? []).filter((one) => !enterpriseId || one.enterpriseId === enterpriseId)
  const names = here.map(
    (one) => `${nameIn(entities?.products, one.productId)} / ${nameIn(entities?.services, one.serviceId)}`,
  )
  const choices = here.map((one, place) => {
    const name = names[place]!
    // Two licenses of the same product and service are distinguished by their place.
    const same = names.filter((other) => other === name).length > 1
    return {
      value: one.licenseId,
      label: same ? `${name} (${names.slice(0, place + 1).filter((n) => n === name).length})` : name,
    }
  })
  return <ChoiceFilter name="licenseId" label="License" choices={choices} />
}
