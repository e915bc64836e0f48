// Long work under way on the server, in the header of every page: leaving the page that began it is safe.
import { Indicator, ActionIcon, Popover, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { LoaderCircle, Workflow } from 'lucide-react'
import { isUnderWay } from '../api/progress'
import { q } from '../api/queries'
import { count } from '../format'
import { pages } from '../paths'
import { PlaceLink } from '../ui/PlaceLink'
import { Ago } from '../ui/Time'
import { workflowTitle } from '../ui/run'
import { AccountName } from './AccountName'
import { useMay } from './rights'

const LATEST = 20

export default function RunsUnderWay() {
  const may = useMay()
  const allowed = may('provisioning_executions').allowed
  const runs = useQuery({
    ...q('/api/executions', { query: { limit: LATEST } }),
    enabled: allowed,
    refetchInterval: (query) => (query.state.data?.items.some((one) => isUnderWay(one.status)) ? 2_000 : 20_000),
  })
  if (!allowed) return null
  const underWay = (runs.data?.items ?? []).filter((one) => isUnderWay(one.status))
  const label = underWay.length === 0 ? 'No runs under way' : `${count(underWay.length, 'run')} under way`
  return (
    <Popover position="bottom-end" width={300} shadow="md">
      <Indicator label={underWay.length} size={16} disabled={underWay.length === 0} offset={5}>
        <Popover.Target>
          <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label}>
            {underWay.length > 0 ? (
              <LoaderCircle size={18} aria-hidden className="turning" />
            ) : (
              <Workflow size={18} aria-hidden />
            )}
          </ActionIcon>
        </Popover.Target>
      </Indicator>
      <Popover.Dropdown>
        <Stack gap="xs">
          <Text size="sm" fw={600}>
            {label}
          </Text>
          {underWay.map((run) => (
            <Text key={run.id} size="sm" component="div">
              <PlaceLink to={run.accountId ? pages.provisioning(run.accountId) : pages.run(run.id)}>
                {workflowTitle(run.workflow)}
              </PlaceLink>{' '}
              {run.accountId && (
                <>
                  of <AccountName id={run.accountId} />
                </>
              )}
              , started <Ago at={run.startedAt} />
            </Text>
          ))}
          <Text size="sm">
            <PlaceLink to={pages.runs}>All runs</PlaceLink>
          </Text>
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}
