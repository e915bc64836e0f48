// Numbers, dates and durations as people read them, in their own language and time zone.
const plural = new Intl.PluralRules('en')
const number = new Intl.NumberFormat()
const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
const zoned = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' })
const dayFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeZone: 'UTC' })
const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

export function count(many: number, one: string, more = `${one}s`): string {
  return `${number.format(many)} ${plural.select(many) === 'one' ? one : more}`
}

export function formatNumber(value: number): string {
  return number.format(value)
}

export function formatTime(at: string): string {
  return dateTime.format(new Date(at))
}

/** With the zone spelled out, for tooltips. */
export function formatTimeInFull(at: string): string {
  return `${zoned.format(new Date(at))} (${at})`
}

/** A day without a time, such as a license's end: the same day everywhere. */
export function formatDay(day: string): string {
  return dayFormat.format(new Date(`${day}T00:00:00Z`))
}

const UNITS: Array<[Intl.RelativeTimeFormatUnit, number]> = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
]

export function formatAge(at: string, now: number): string {
  const seconds = Math.round((new Date(at).getTime() - now) / 1000)
  for (const [unit, size] of UNITS) {
    if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit)
  }
  return Math.abs(seconds) < 5 ? 'just now' : relative.format(seconds, 'second')
}

/** Days from today until a day; negative once it has passed. */
export function daysUntil(day: string, now: number): number {
  return Math.floor(new Date(`${day}T00:00:00Z`).getTime() / 86_400_000) - Math.floor(now / 86_400_000)
}

export function formatDuration(from: string, to: string | number): string {
  const ms = (typeof to === 'number' ? to : new Date(to).getTime()) - new Date(from).getTime()
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return `${minutes} min ${Math.round((ms % 60_000) / 1000)} s`
}

/** Today, or so many days after it. */
export function today(after = 0, now = Date.now()): string {
  return new Date(now + after * 86_400_000).toISOString().slice(0, 10)
}

/** `account-settings` → `Account settings` */
export function words(slug: string): string {
  const text = slug.replaceAll(/[-_]/g, ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

/** The first link in a mail. */
export function linkIn(text: string): string | undefined {
  return text.match(/https?:\/\/\S+/)?.[0]
}
