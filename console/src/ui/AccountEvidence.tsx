// What is known of an account: where its latest run stands, its seats, and what of its licenses ends soon.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'
import { useMay } from '../app/rights'
import { count } from '../format'
import { isOver } from '../api/progress'
import { isChanging } from './accountState'
import { Failure } from './Failure'
import { Seats } from './Seats'
import { stepTitle, currentStep, summary, workflowTitle } from './run'
import { Ago } from './Time'

export const SOON_DAYS = 60
const FAST_MS = 1_500

/** The latest run of an account that has had one, with its age. Nothing for those who may not see runs. */
export function RunEvidence({ accountId, status }: { accountId: string; status: string }) {
  const may = useMay()
  const run = useQuery({
    ...q('/api/provisioning/{accountId}', { path: { accountId } }),
    enabled: may('provisioning_status').allowed,
    // What the account says and what its run says are two looks: both are taken again while they can differ.
    refetchInterval: (query) => (isChanging(status) || !isOver(query.state.data ?? undefined) ? FAST_MS : false),
    retry: false,
  }).data
  if (!run) return null
  const over = isOver(run)
  const at = currentStep(run)
  return (
    <Text size="xs" c="dimmed" component="div" className="wrap-anywhere">
      {workflowTitle(run.workflow)} {over ? run.status : `${run.status}: ${summary(run)}`}
      {!over && at ? `, at “${stepTitle(at.name)}”` : ''} {over && run.finishedAt ? <Ago at={run.finishedAt} /> : null}
    </Text>
  )
}

/** Seats of the licenses in force. Nothing for those who may not see licenses. */
export function SeatsOf({ accountId, changing = false }: { accountId: string; changing?: boolean }) {
  const may = useMay()
  const capacity = useQuery({
    ...q('/api/licenses/capacity', { query: { accountId } }),
    enabled: may('licenses_capacity').allowed,
    refetchInterval: changing ? FAST_MS : false,
  })
  if (capacity.error && !capacity.data) {
    return <Failure what="count the seats" error={capacity.error} retry={() => void capacity.refetch()} />
  }
  if (!capacity.data) return <div style={{ height: 34 }} aria-hidden />
  if (capacity.data.totalSeats === 0 && capacity.data.usedSeats === 0) {
    return (
      <Text size="sm" c="dimmed">
        No license is in force
      </Text>
    )
  }
  // Free seats of one license are of no use to the users of another.
  const missing = capacity.data.triples.reduce((sum, triple) => sum + (triple.overCapacity?.by ?? 0), 0)
  return <Seats used={capacity.data.usedSeats} total={capacity.data.totalSeats} missing={missing} />
}

/** How many licenses end soon, in words. */
export function ExpiringCount({ accountId }: { accountId: string }) {
  const may = useMay()
  const expiring = useQuery({
    ...q('/api/licenses/expiring', { query: { accountId, days: SOON_DAYS, limit: 50 } }),
    enabled: may('licenses_expiring').allowed,
  }).data
  if (!expiring) return null
  const many = expiring.items.length
  if (many === 0) {
    return (
      <Text size="xs" c="dimmed">
        No license ends within {SOON_DAYS} days
      </Text>
    )
  }
  return (
    <span className="status" data-tone="warn" style={{ fontSize: 12 }}>
      {count(many, 'license')}
      {expiring.nextCursor ? ' or more' : ''} {many === 1 ? 'ends' : 'end'} within {SOON_DAYS} days
    </span>
  )
}
