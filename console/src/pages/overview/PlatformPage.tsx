// Whether the platform is well: readiness, what it has answered, how its workers fare, what waits for somebody.
import { SimpleGrid, Stack, Text } from '@mantine/core'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { api, send } from '../../api/client'
import { ApiError } from '../../api/problem'
import { q } from '../../api/queries'
import { formatNumber, words } from '../../format'
import { pages } from '../../paths'
import { Facts } from '../../ui/Facts'
import { Failure } from '../../ui/Failure'
import { Loaded, Page, Section } from '../../ui/Page'
import { ScrollBox } from '../../ui/ScrollBox'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { type Sample, parseMetrics, quantile, sumBy } from './metrics'

const EVERY_MS = 5_000
const LETTERS = 200

type Probe = { ready: boolean; reason?: string; version: string; samples: Sample[] }

/** Liveness and readiness are outside the API's base path and need no token; the metrics need an operator's. */
async function probe(): Promise<Probe> {
  const [health, ready, metrics] = await Promise.all([
    reach('/health'),
    reach('/ready'),
    send(api.GET('/api/metrics', {})),
  ])
  const { version } = (await health.json()) as { version: string }
  const { reason } = (await ready.json()) as { reason?: string }
  return { ready: ready.ok, reason, version, samples: parseMetrics(metrics.text) }
}

async function reach(path: string): Promise<Response> {
  try {
    return await fetch(path)
  } catch {
    throw ApiError.unreachable()
  }
}

export default function PlatformPage() {
  const platform = useQuery({
    queryKey: ['platform'],
    queryFn: probe,
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  })
  const letters = useQuery(q('/api/dead-letters', { query: { limit: LETTERS } }))
  return (
    <Page
      title="Health"
      intro={
        platform.data ? (
          <>
            Updated <Ago at={new Date(platform.dataUpdatedAt).toISOString()} />, every {EVERY_MS / 1000} s. Counts are
            since the server’s start.
          </>
        ) : undefined
      }
    >
      {platform.error && platform.data && (
        <Failure what="ask the platform; what is shown is from before" error={platform.error} />
      )}
      <Loaded query={platform} what="ask the platform how it is">
        {({ ready, reason, version, samples }) => (
          <Stack gap="md">
            <SimpleGrid cols={{ base: 1, xs: 2, md: 4 }}>
              <Tile name="Readiness">
                <Status of={ready ? 'ready' : 'not ready'} />
                {reason && <Text size="sm">{reason}</Text>}
              </Tile>
              <Tile name="Version">{version}</Tile>
              <Tile name="Failed steps">
                <Loaded query={letters} what="count the failed steps" rows={1}>
                  {({ items, nextCursor }) => (
                    <PlaceLink to={pages.failedSteps}>
                      {nextCursor ? `${LETTERS} and more` : formatNumber(items.length)}
                    </PlaceLink>
                  )}
                </Loaded>
              </Tile>
              <Tile name="p95 latency">{bound(quantile(samples, 'freehold_http_request_duration_seconds', 0.95))}</Tile>
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, md: 2 }}>
              <Counted
                title="Requests by status"
                counts={sumBy(samples, 'freehold_http_requests_total', 'status')}
                name={answerName}
              />
              <Counted
                title="Runs by outcome"
                counts={sumBy(samples, 'freehold_account_provisioning_executions_total', 'outcome')}
                name={words}
              />
            </SimpleGrid>
            <Workers samples={samples} />
          </Stack>
        )}
      </Loaded>
    </Page>
  )
}

function Tile({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="card" style={{ padding: '12px 16px' }}>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="lg" fw={600} component="div">
        {children}
      </Text>
    </div>
  )
}

function Counted({
  title,
  counts,
  name,
}: {
  title: string
  counts: Map<string, number>
  name: (key: string) => string
}) {
  const rows = [...counts].toSorted(([a], [b]) => a.localeCompare(b))
  return (
    <Section title={title}>
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          None since the start.
        </Text>
      ) : (
        <Facts of={rows.map(([key, value]) => [name(key), formatNumber(value)])} />
      )}
    </Section>
  )
}

function Workers({ samples }: { samples: Sample[] }) {
  const succeeded = sumBy(samples, 'freehold_account_provisioning_worker_success_total', 'worker')
  const failed = sumBy(samples, 'freehold_account_provisioning_worker_failure_total', 'worker')
  const workers = [...new Set([...succeeded.keys(), ...failed.keys()])].toSorted()
  return (
    <Section title="Workers" flush>
      {workers.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          No worker was called since the start.
        </Text>
      ) : (
        <ScrollBox label="Table of workers">
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">Worker</th>
                <th scope="col" className="number">
                  Calls that succeeded
                </th>
                <th scope="col" className="number">
                  Calls that failed
                </th>
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker}>
                  <td data-column="Worker">{worker}</td>
                  <td className="number" data-column="Succeeded">
                    {formatNumber(succeeded.get(worker) ?? 0)}
                  </td>
                  <td className="number" data-column="Failed">
                    {formatNumber(failed.get(worker) ?? 0)}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </Section>
  )
}

function bound(seconds: number | undefined): string {
  if (seconds === undefined) return '—'
  if (seconds === Infinity) return 'more than 30 s'
  return seconds < 1 ? `${formatNumber(seconds * 1000)} ms` : `${formatNumber(seconds)} s`
}

function answerName(status: string): string {
  const [kind] = status
  const said = { '2': 'success', '3': 'redirect', '4': 'client error', '5': 'server error' }[kind ?? '']
  return said ? `${status} (${said})` : status
}
