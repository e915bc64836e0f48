// Moments and days: how long ago, with the exact time and zone one pointer away.
import { Text } from '@mantine/core'
import { daysUntil, formatAge, formatDay, formatTime, formatTimeInFull } from '../format'
import { useNow } from '../now'

export function Ago({ at }: { at: string }) {
  const now = useNow()
  return (
    <time dateTime={at} title={formatTimeInFull(at)}>
      {formatAge(at, now)}
    </time>
  )
}

export function At({ at }: { at: string }) {
  return (
    <time dateTime={at} title={formatTimeInFull(at)}>
      {formatTime(at)}
    </time>
  )
}

/** A day that something ends on: how much is left of it is said when that is little. */
export function EndDay({ day }: { day: string | null | undefined }) {
  const now = useNow()
  if (!day)
    return (
      <Text span size="sm" c="dimmed">
        No end
      </Text>
    )
  const left = daysUntil(day, now)
  const note = left < 0 ? 'ended' : left === 0 ? 'today' : left <= 60 ? `${left} d left` : undefined
  return (
    <span>
      <time dateTime={day}>{formatDay(day)}</time>
      {note && (
        <span
          className="status"
          data-tone={left < 0 ? 'bad' : left <= 14 ? 'warn' : 'idle'}
          style={{ marginInlineStart: 6 }}
        >
          {note}
        </span>
      )}
    </span>
  )
}
