// How many seats are taken, as a bar and in words.
import { Progress, Text } from '@mantine/core'
import { count, formatNumber } from '../format'

export function Seats({ used, total, what = 'seats' }: { used: number; total: number; what?: string }) {
  const share = total === 0 ? 0 : (used / total) * 100
  const left = total - used
  return (
    <div style={{ minWidth: 130 }}>
      <Text size="xs" component="div" mb={2}>
        {formatNumber(used)} of {formatNumber(total)} {what}
        <span className="visually-hidden">, {count(Math.max(left, 0), 'seat')} left</span>
        {left <= 0 && (
          <span className="status" data-tone="bad" style={{ marginInlineStart: 6 }}>
            full
          </span>
        )}
      </Text>
      <Progress
        value={Math.min(share, 100)}
        size="sm"
        color={left <= 0 ? 'red.8' : share >= 90 ? 'yellow' : 'brand'}
        aria-label={`${used} of ${total} ${what} taken`}
      />
    </div>
  )
}
