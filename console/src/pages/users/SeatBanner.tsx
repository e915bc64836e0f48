// How many seats are free, license by license, before anybody types a name.
import { Alert, Group, Progress, Stack, Text } from '@mantine/core'
import { Armchair, CircleAlert } from 'lucide-react'
import { pages } from '../../paths'
import { PlaceLink } from '../../ui/PlaceLink'
import { leftInWords, seatsInWords } from '../../ui/Seats'
import { type Triple, seatsOf } from './license'
import type { Offers } from './useLicensed'

export function SeatBanner({ offers, chosen }: { offers: Offers; chosen: Triple }) {
  const { all, names, counted } = offers
  if (all.length === 0) return <NoLicense />
  if (!counted) {
    return (
      <Text size="sm" c="dimmed">
        Free seats are not shown: that needs the right Account settings / Licenses: view.
      </Text>
    )
  }
  const seats = seatsOf(all, chosen)
  const several = new Set(all.map((one) => one.enterpriseId)).size > 1
  const label = (one: Triple) =>
    [several ? names.get(one.enterpriseId) : undefined, names.get(one.productId), names.get(one.serviceId)]
      .filter(Boolean)
      .join(' / ')
  return (
    <Stack gap="sm">
      <section className="card" aria-label="Seats" style={{ padding: '12px 16px' }}>
        <Group gap={8} mb={8}>
          <Armchair size={16} aria-hidden />
          <Text size="sm" fw={600} component="h2">
            Seats
          </Text>
        </Group>
        <Stack gap={8} component="ul" m={0} p={0} style={{ listStyle: 'none' }}>
          {all.map((one) => (
            <li key={`${one.enterpriseId}/${one.productId}/${one.serviceId}`}>
              <Group justify="space-between" gap="xs" wrap="nowrap" align="baseline">
                <Text size="sm" className="clip" title={label(one)}>
                  {label(one)}
                </Text>
                <Text size="sm" style={{ flex: 'none' }} className="number">
                  {seatsInWords(one.seats?.used ?? 0, one.seats?.all ?? 0)},{' '}
                  <strong>{leftInWords({ used: one.seats?.used ?? 0, total: one.seats?.all ?? 0 })}</strong>
                </Text>
              </Group>
              <Progress
                size="xs"
                value={one.seats && one.seats.all > 0 ? (100 * one.seats.used) / one.seats.all : 0}
                color={one.seats?.free ? 'brand' : 'red.8'}
                aria-label={`Seats used of ${label(one)}`}
              />
            </li>
          ))}
        </Stack>
      </section>
      {seats && seats.free === 0 && <Full label={label(chosen)} />}
    </Stack>
  )
}

/** Nobody fits any more: why, and what to do about it. */
function Full({ label }: { label: string }) {
  return (
    <Refusal title={`Every seat of ${label} is taken`}>
      Disable or delete somebody on the list of <PlaceLink to={pages.users}>users</PlaceLink>, or ask an operator of the
      platform for more seats on the <PlaceLink to={pages.licenses}>license</PlaceLink>.
    </Refusal>
  )
}

function NoLicense() {
  return (
    <Refusal title="There is no license in force to take a seat of">
      An operator of the platform adds licenses, or changes the dates of one. See the{' '}
      <PlaceLink to={pages.licenses}>licenses</PlaceLink>.
    </Refusal>
  )
}

function Refusal({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <Alert
      role="alert"
      color="red"
      icon={<CircleAlert size={18} aria-hidden />}
      title={title}
      styles={{
        title: { color: 'var(--mantine-color-text)', overflowWrap: 'anywhere' },
        message: { color: 'var(--mantine-color-text)' },
      }}
    >
      <span className="in-text">{children}</span>
    </Alert>
  )
}
