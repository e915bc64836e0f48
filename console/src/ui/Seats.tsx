// Seats taken of those licensed, as a bar and in words.
import { Group, Progress, Text } from '@mantine/core'
import { count, formatNumber } from '../format'

const ALMOST = 0.9

export function Seats({ used, total }: { used: number; total: number }) {
  if (total === 0) {
    return (
      <Text size="sm" c="dimmed">
        No license is in force
      </Text>
    )
  }
  const share = used / total
  const note = used >= total ? 'all taken' : share >= ALMOST ? `${count(total - used, 'seat')} left` : undefined
  return (
    <div>
      <Group justify="space-between" gap="xs" mb={4}>
        <Text size="sm">
          <strong>{formatNumber(used)}</strong> of {count(total, 'seat')}
        </Text>
        {note && (
          <span className="status" data-tone={used >= total ? 'bad' : 'warn'} style={{ fontSize: 12 }}>
            {note}
          </span>
        )}
      </Group>
      <Progress.Root size="sm" aria-hidden>
        <Progress.Section
          value={Math.min(100, 100 * share)}
          color={used >= total ? 'red' : share >= ALMOST ? 'yellow' : 'brand'}
        />
      </Progress.Root>
    </div>
  )
}
