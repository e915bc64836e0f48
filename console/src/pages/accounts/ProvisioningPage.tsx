// An account's onboarding or removal, step by step as it happens.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useParams } from '@tanstack/react-router'
import { CircleCheck, CloudOff, Radio, RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { invalidate, q } from '../../api/queries'
import { isOver } from '../../api/progress'
import { type Line, useRun } from '../../api/stream'
import { formatAge } from '../../format'
import { useNow } from '../../now'
import { pages } from '../../paths'
import { LINE_WORDS, workflowTitle } from '../../ui/run'
import { RunSteps, RunSummary } from '../../ui/RunSteps'
import { Failure } from '../../ui/Failure'
import { Page, Section, Waiting } from '../../ui/Page'
import { ApiError } from '../../api/problem'
import { Empty } from '../../ui/Empty'
import { Outcome } from './Outcome'

const LINE_LOST_MS = 2_000
const OVER_MS = 15_000

export default function ProvisioningPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  // Another account's page is another page: nothing of this one's is kept.
  return <Provisioning key={id} id={id} />
}

function Provisioning({ id }: { id: string }) {
  const [epoch, setEpoch] = useState(0)
  const [line, setLine] = useState<Line>('connecting')
  const account = useQuery(q('/api/accounts/{accountId}', { path: { accountId: id } }))
  const begin = useQuery({
    ...q('/api/provisioning/{accountId}', { path: { accountId: id } }),
    staleTime: 0,
    // The stream tells what happens. Without it the state is asked for; once the run is over, rarely: somebody else
    // may have redriven it.
    refetchInterval: (query) =>
      line === 'live' ? false : isOver(query.state.data ?? undefined) ? OVER_MS : LINE_LOST_MS,
    retry: false,
  })
  const run = useRun(id, epoch, begin.data)
  if (run.line !== line) setLine(run.line)
  const { progress } = run
  const over = isOver(progress)

  const ended = over ? `${progress?.executionId} ${progress?.status}` : undefined
  useEffect(() => {
    // What the account's other pages show was read before the run ended.
    if (ended)
      void invalidate('/api/accounts', '/api/accounts/{accountId}', '/api/executions', '/api/licenses/capacity')
  }, [ended])

  const name = account.data?.name ?? 'this account'
  const up = [
    { label: 'Accounts', to: pages.accounts },
    { label: name, to: pages.account(id) },
  ]
  const nothing = begin.error instanceof ApiError && begin.error.status === 404
  const title = progress ? `${workflowTitle(progress.workflow)}: ${name}` : `Provisioning: ${name}`
  return (
    <Page title={title} up={up} intro="It goes on by itself. Leaving this page is safe.">
      {progress ? (
        <>
          <Section>
            <RunSummary progress={progress} frozen={run.line === 'broken' && begin.isError} />
            <LineState
              line={over ? 'over' : run.line}
              asOf={Math.max(run.heardAt ?? 0, begin.dataUpdatedAt)}
              unreachable={begin.isError}
            />
          </Section>
          <Outcome
            account={account.data}
            accountId={id}
            progress={progress}
            again={() => {
              void begin.refetch()
              setEpoch((was) => was + 1)
            }}
          />
          <Section title="Steps" flush>
            <RunSteps progress={progress} frozen={run.line === 'broken' && begin.isError} />
          </Section>
        </>
      ) : nothing ? (
        <Section>
          <Empty title="Nothing was ever run for this account">It was there with the platform.</Empty>
        </Section>
      ) : begin.error ? (
        <Failure what="load the run" error={begin.error} retry={() => void begin.refetch()} />
      ) : (
        <Section>
          <Waiting rows={8} />
        </Section>
      )}
    </Page>
  )
}

const LINE_ICONS = { connecting: RefreshCw, live: Radio, broken: CloudOff, over: CircleCheck }

/** Whether what is on screen is what is so. */
function LineState({ line, asOf, unreachable }: { line: Line; asOf: number; unreachable: boolean }) {
  const now = useNow()
  const Icon = LINE_ICONS[line]
  const lost = line === 'broken'
  const text = lost
    ? `${LINE_WORDS.broken}. ${unreachable ? 'As of' : 'Asking every few seconds; as of'} ${formatAge(new Date(asOf).toISOString(), Math.max(now, asOf))}.`
    : LINE_WORDS[line]
  return (
    <Text size="xs" c={lost ? undefined : 'dimmed'} component="output" display="block" mt={8}>
      <span className="status" data-tone={lost ? 'warn' : 'idle'} style={{ whiteSpace: 'normal' }}>
        <Icon size={13} aria-hidden />
        {text}
      </span>
    </Text>
  )
}
