// The account that one is in, at a glance: what of it depends on what one may see.
import { SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { q } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { menusFor } from '../../app/menus'
import { usePlace } from '../../app/place'
import { accessQuery, permissionsQuery, useMay } from '../../app/rights'
import { words } from '../../format'
import { pages, placePath } from '../../paths'
import { RunEvidence, SeatsOf, SOON_DAYS } from '../../ui/AccountEvidence'
import { isChanging } from '../../ui/accountState'
import { Loaded, Page, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { Ago, EndDay } from '../../ui/Time'
import { Triple } from '../../ui/Triple'
import { outcomeName } from '../overview/auditExport'
import '../../ui/account.css'

type AuditEntry = components['schemas']['AuditEntry']

const LATEST = 8

export default function DashboardPage() {
  const { accountId } = usePlace()
  const may = useMay()
  const access = useQuery(accessQuery).data
  const account = useQuery({
    ...q('/api/accounts/{accountId}', { path: { accountId } }),
    enabled: may('accounts_read').allowed,
    refetchInterval: (query) => (isChanging(query.state.data?.status ?? '') ? 2_000 : 30_000),
  })
  const known = account.data
  const name = known?.name ?? access?.accounts.find((one) => one.id === accountId)?.name
  return (
    <Page title="Overview" intro={name && <bdi className="wrap-anywhere">{name}</bdi>}>
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 3 }} spacing="md">
        {may('accounts_read').allowed && (
          <Section title="State">
            <Loaded query={account} what="load the account" rows={2}>
              {({ status, degraded, cloudType, id, provisioning }) => (
                <Stack gap={6}>
                  <Text size="sm" component="div">
                    <Status of={status} /> {degraded && <Status of="degraded" />}{' '}
                    <Text span size="xs" c="dimmed">
                      {words(cloudType)}
                    </Text>
                  </Text>
                  {provisioning && <RunEvidence accountId={id} status={status} />}
                  <Text size="sm">
                    <PlaceLink to={pages.ownAccount}>Account details</PlaceLink>
                  </Text>
                </Stack>
              )}
            </Loaded>
          </Section>
        )}
        {may('licenses_capacity').allowed && (
          <Section title="Seats">
            <Stack gap={6}>
              <SeatsOf accountId={accountId} />
              <Text size="sm">
                <PlaceLink to={pages.licenses}>All licenses</PlaceLink>
              </Text>
            </Stack>
          </Section>
        )}
        {may('licenses_expiring').allowed && <Expiring accountId={accountId} />}
      </SimpleGrid>
      <div className="two-columns">
        {may('audit_list').allowed && <Latest accountId={accountId} />}
        <QuickLinks />
      </div>
    </Page>
  )
}

function Expiring({ accountId }: { accountId: string }) {
  const expiring = useQuery(q('/api/licenses/expiring', { query: { accountId, days: SOON_DAYS, limit: 5 } }))
  return (
    <Section title="Ending soon">
      <Loaded query={expiring} what="list the licenses that end soon" rows={2}>
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              No license ends within {SOON_DAYS} days.
            </Text>
          ) : (
            <Stack gap={8}>
              {page.items.map((license) => (
                <div key={license.id}>
                  <Text size="sm" component="div">
                    <PlaceLink to={pages.license(license.id)}>
                      <Triple of={license} />
                    </PlaceLink>
                  </Text>
                  <Text size="xs" component="div">
                    <EndDay day={license.endDate} />
                  </Text>
                </div>
              ))}
              {page.nextCursor && (
                <Text size="sm">
                  <PlaceLink to={pages.licenses}>More</PlaceLink>
                </Text>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Section>
  )
}

function Latest({ accountId }: { accountId: string }) {
  const may = useMay()
  const path = may('audit_list_all').allowed ? '/api/audit/account' : '/api/audit'
  const entries = useQuery({ ...q(path, { query: { accountId, limit: LATEST } }), refetchInterval: 30_000 })
  return (
    <Section
      title="Latest changes"
      actions={
        <Text size="sm">
          <PlaceLink to={pages.audit}>Audit log</PlaceLink>
        </Text>
      }
    >
      <Loaded query={entries} what="load the latest changes">
        {(page) =>
          page.items.length === 0 ? (
            <Text size="sm" c="dimmed">
              Nothing was changed yet.
            </Text>
          ) : (
            <ul className="latest">
              {page.items.map((entry) => (
                <li key={entry.id}>
                  <Text size="sm" component="span" className="wrap-anywhere">
                    <strong>{words(entry.action)}</strong> <Outcome of={entry} /> by <bdi>{authorOf(entry)}</bdi>
                  </Text>
                  <Text size="xs" c="dimmed" component="span" style={{ flex: 'none' }}>
                    <Ago at={entry.at} />
                  </Text>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
    </Section>
  )
}

/** Says so if it was not done. */
function Outcome({ of }: { of: AuditEntry }) {
  if (of.outcome === undefined || of.outcome === null || of.outcome === 'done') return null
  return <Status of={of.outcome} word={outcomeName(of)} />
}

function authorOf({ author }: AuditEntry): string {
  switch (author.kind) {
    case 'user':
      return author.email
    case 'workflow':
      return words(author.name).toLowerCase()
    case 'system':
      return 'the platform'
    case 'anonymous':
      return 'somebody who is not signed in'
  }
}

function QuickLinks() {
  const place = usePlace()
  const permissions = useQuery(permissionsQuery).data
  const access = useQuery(accessQuery).data
  const menus = menusFor(permissions, access?.operator ?? false, true).map((entry) => ({
    ...entry,
    pages: entry.pages.filter((page) => page.page !== pages.dashboard),
  }))
  return (
    <Section title="Go to">
      <div className="quick-links">
        {menus.map((entry) => (
          <div key={entry.menu}>
            <Text size="xs" c="dimmed" fw={600} mb={2}>
              {entry.label}
            </Text>
            <ul>
              {entry.pages.map((page) => (
                <li key={page.page}>
                  <Link to={placePath(place, page.page)} className="anchor">
                    {page.label}
                  </Link>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </Section>
  )
}
