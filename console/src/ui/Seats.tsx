// How many seats are used, as a bar and in words.
import { Progress, Text } from '@mantine/core'
import { count, formatNumber } from '../format'

type Props = {
  used: number
  total: number
  /** So many seats are missing, if that is not the difference of the two. */
  missing?: number
}

/** “2 of 1 seat used” */
export function seatsInWords(used: number, total: number): string {
  return `${formatNumber(used)} of ${count(total, 'seat')} used`
}

/** What is left, or by how many seats the licenses fall short. */
export function leftInWords({ used, total, missing = Math.max(used - total, 0) }: Props): string {
  if (missing > 0) return `over capacity, ${count(missing, 'seat')} missing`
  return used === total ? 'none free' : `${formatNumber(total - used)} free`
}

export function Seats(props: Props) {
  const { used, total } = props
  const left = leftInWords(props)
  const none = used >= total || left.startsWith('over')
  return (
    <div style={{ minWidth: 130 }}>
      <Text size="xs" component="div" mb={2}>
        {seatsInWords(used, total)},{' '}
        <span className={none ? 'status' : undefined} data-tone="bad" style={{ whiteSpace: 'normal' }}>
          {left}
        </span>
      </Text>
      <Progress
        value={total === 0 ? 0 : Math.min((used / total) * 100, 100)}
        size="sm"
        color={none ? 'red.8' : used / total >= 0.9 ? 'yellow' : 'brand'}
        aria-label={`Seats: ${seatsInWords(used, total)}`}
      />
    </div>
  )
}
