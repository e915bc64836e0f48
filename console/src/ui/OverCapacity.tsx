// Which products and services have more users than seats, by how many, and what happens when.
import { Alert, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { TriangleAlert } from 'lucide-react'
import { type Answer, q } from '../api/queries'
import { useMay } from '../app/rights'
import { count, formatDay, today } from '../format'
import { ProductName, ServiceName } from './NameOf'
import { sameTriple } from './licenseSeats'
import { leftInWords, seatsInWords } from './Seats'

type TripleCapacity = Answer<'/api/licenses/capacity'>['triples'][number]
type Ids = Pick<TripleCapacity, 'enterpriseId' | 'productId' | 'serviceId'>

/** What happens later is left out. */
const SOON_DAYS = 60

/** Of an account; `of`: of one enterprise, product and service alone. */
export function OverCapacity({ scope, of }: { scope: { accountId: string; enterpriseId?: string }; of?: Ids }) {
  const may = useMay()
  const capacity = useQuery({
    ...q('/api/licenses/capacity', { query: scope }),
    enabled: may('licenses_capacity').allowed,
  }).data
  const shown = (capacity?.triples ?? []).filter((triple) => !of || sameTriple(triple, of))
  const soon = today(SOON_DAYS)
  const over = shown.filter((triple) => triple.overCapacity || (triple.fallsShortOn && triple.fallsShortOn <= soon))
  if (over.length === 0) return null
  return (
    <Alert
      color={over.some((triple) => triple.overCapacity) ? 'red' : 'yellow'}
      icon={<TriangleAlert size={18} aria-hidden />}
      title={over.some((triple) => triple.overCapacity) ? 'Over capacity' : 'Soon over capacity'}
      styles={{
        title: { color: 'var(--mantine-color-text)' },
        message: { color: 'var(--mantine-color-text)' },
      }}
    >
      {over.map((triple) => (
        <Text size="sm" key={`${triple.enterpriseId}/${triple.productId}/${triple.serviceId}`}>
          <ProductName id={triple.productId} /> / <ServiceName id={triple.serviceId} />: {inWords(triple)}
        </Text>
      ))}
    </Alert>
  )
}

function inWords({ used, seats, overCapacity, fallsShortOn }: TripleCapacity): string {
  if (!overCapacity) {
    return `licenses end, and from ${formatDay(fallsShortOn ?? '')} on there are fewer seats than the ${count(used, 'user')} who hold one.`
  }
  const left = leftInWords({ used, total: seats, missing: overCapacity.by })
  const numbers = `${seatsInWords(used, seats)}, ${left}. Nobody new gets a seat.`
  if (overCapacity.refused > 0) {
    return `${numbers} ${count(overCapacity.refused, 'user is', 'users are')} refused, the least recently active first.`
  }
  return overCapacity.refusedFrom
    ? `${numbers} From ${formatDay(overCapacity.refusedFrom)} on the least recently active users are refused.`
    : numbers
}
