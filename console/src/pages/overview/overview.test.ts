import { expect, test } from 'vitest'
import { exported } from './auditExport'
import { parseMetrics, quantile, sumBy } from './metrics'

const TEXT = `# HELP freehold_http_requests Requests answered.
# TYPE freehold_http_requests counter
freehold_http_requests_total{method="GET",route="/api/users",status="200"} 3
freehold_http_requests_total{method="POST",route="/api/\\"users\\"",status="200"} 4
freehold_http_requests_total{method="GET",route="/api/users",status="403"} 1
freehold_http_request_duration_seconds_bucket{le="0.001",route="a"} 90
freehold_http_request_duration_seconds_bucket{le="0.01",route="a"} 99
freehold_http_request_duration_seconds_bucket{le="+Inf",route="a"} 100
# EOF`

test('samples are read with their labels', () => {
  const samples = parseMetrics(TEXT)
  expect(samples[1]).toEqual({
    name: 'freehold_http_requests_total',
    labels: { method: 'POST', route: '/api/"users"', status: '200' },
    value: 4,
  })
  expect([...sumBy(samples, 'freehold_http_requests_total', 'status')]).toEqual([
    ['200', 7],
    ['403', 1],
  ])
})

test('a share of a histogram lies below a bound', () => {
  const samples = parseMetrics(TEXT)
  expect([0.5, 0.95, 1].map((share) => quantile(samples, 'freehold_http_request_duration_seconds', share))).toEqual([
    0.001,
    0.01,
    Infinity,
  ])
  expect(quantile(samples, 'nothing', 0.5)).toBeUndefined()
})

test('an export quotes what would break it and disarms formulas', () => {
  const entry = {
    id: 'a',
    accountId: 'b',
    at: '2026-01-01T00:00:00Z',
    action: '=cmd()',
    author: { kind: 'user', id: 'c', email: 'a"b,c@x.example', operator: false },
    target: { kind: 'USER', id: 'd' },
    targetName: 'Ada Byron',
    changes: [
      { field: 'status', before: 'active', after: 'inactive' },
      { field: 'groups', added: [{ id: 'g', name: 'Crew' }] },
      { field: 'externalId', secret: true },
    ],
  }
  const [, row] = exported([entry as Parameters<typeof exported>[0][number]], 'csv').split('\r\n')
  expect(row).toBe(
    '2026-01-01T00:00:00Z,\'=cmd(),Done,"a""b,c@x.example",USER,d,Ada Byron,status: active → inactive; groups: — → + Crew (g); externalId: Secret → Changed,,,,a',
  )
  expect(JSON.parse(exported([entry as Parameters<typeof exported>[0][number]], 'jsonl'))).toEqual(entry)
})
