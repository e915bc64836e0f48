// One run with its steps, also one that its account has left behind.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { ListChecks } from 'lucide-react'
import { sentence } from '../../api/problem'
import { q } from '../../api/queries'
import { isOver } from '../../api/progress'
import { formatAge } from '../../format'
import { useNow } from '../../now'
import { pages } from '../../paths'
import { AccountName } from '../../app/AccountName'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { Loaded, Page, Section } from '../../ui/Page'
import { workflowTitle } from '../../ui/run'
import { RunSteps, RunSummary } from '../../ui/RunSteps'
import { At } from '../../ui/Time'

const UNDER_WAY_MS = 1_000

export default function RunPage() {
  const { executionId = '' } = useParams({ strict: false }) as { executionId?: string }
  const run = useQuery({
    ...q('/api/executions/{executionId}', { path: { executionId } }),
    refetchInterval: (query) => (query.state.data && !isOver(query.state.data) ? UNDER_WAY_MS : false),
  })
  const accountId = run.data?.accountId
  const behind = run.isError && run.data !== undefined
  return (
    <Page
      title={run.data ? workflowTitle(run.data.workflow) : 'Run'}
      up={[{ label: 'Runs', to: pages.runs }]}
      actions={
        accountId && (
          <ActionButton
            variant="default"
            leftSection={<ListChecks size={16} aria-hidden />}
            to={pages.provisioning(accountId)}
          >
            Latest run of the account
          </ActionButton>
        )
      }
    >
      <Loaded query={run} what="load the run" noun="run" rows={8}>
        {(progress) => (
          <>
            <Section>
              <RunSummary progress={progress} frozen={behind} />
              {behind && <Behind at={run.dataUpdatedAt} />}
            </Section>
            <Section title="Details">
              <Facts
                columns={4}
                of={[
                  ['Account', <AccountName key="account" id={progress.accountId} />],
                  ['Run id', <CopyId key="id" id={progress.executionId} what="run id" />],
                  ['Started', <At key="started" at={progress.startedAt} />],
                  ['Finished', progress.finishedAt ? <At key="finished" at={progress.finishedAt} /> : 'Not yet'],
                ]}
              />
              {progress.degraded?.map((reason) => (
                <Text key={reason} size="sm" mt="sm" className="wrap-anywhere">
                  Degraded: {sentence(reason)}
                </Text>
              ))}
            </Section>
            <Section title="Steps" flush>
              <RunSteps progress={progress} frozen={behind} />
            </Section>
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Behind({ at }: { at: number }) {
  const now = useNow()
  return (
    <Text size="xs" component="div" mt={8} className="status" data-tone="warn">
      <output>Could not be updated;</output> as of {formatAge(new Date(at).toISOString(), Math.max(now, at))}.
    </Text>
  )
}
