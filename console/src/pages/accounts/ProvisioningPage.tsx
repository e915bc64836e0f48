// An account's onboarding or removal, step by step as it happens.
import { Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { CircleCheck, CircleStop, CloudOff, Radio, RefreshCw } from 'lucide-react'
import { useEffect, useState } from 'react'
import { invalidate, q, queries } from '../../api/queries'
import { type Progress, isOver } from '../../api/progress'
import { type Line, useRun } from '../../api/stream'
import { usePlace } from '../../app/place'
import { formatAge } from '../../format'
import { useNow } from '../../now'
import { pages } from '../../paths'
import { LINE_WORDS, workflowTitle } from '../../ui/run'
import { RunSteps, RunSummary } from '../../ui/RunSteps'
import { Failure } from '../../ui/Failure'
import { Loaded, Page, Section, Waiting } from '../../ui/Page'
import { Empty } from '../../ui/Empty'
import { Outcome } from './Outcome'
import '../../ui/account.css'

const GOES_ON = 'It goes on by itself. Leaving this page is safe.'
const LINE_LOST_MS = 2_000
const SELDOM_MS = 15_000

export default function ProvisioningPage() {
  const { accountId: id } = usePlace()
  // Another account's page is another page: nothing of this one's is kept.
  return <Provisioning key={id} id={id} />
}

function Provisioning({ id }: { id: string }) {
  const [line, setLine] = useState<Line>('connecting')
  const account = useQuery(q('/api/accounts/{accountId}', { path: { accountId: id } }))
  // The platform's own account was never onboarded: there is no run to ask for.
  const nothing = account.data !== undefined && !account.data.provisioning
  const begun = q('/api/provisioning/{accountId}', { path: { accountId: id } })
  const begin = useQuery({
    ...begun,
    enabled: account.data !== undefined && !nothing,
    staleTime: 0,
    // The stream tells what happens. Without it the state is asked for; beside it, and once the run is over, rarely:
    // somebody else may have redriven it, or begun another.
    refetchInterval: (query) => (line === 'live' || isOver(query.state.data ?? undefined) ? SELDOM_MS : LINE_LOST_MS),
    retry: false,
  })
  const run = useRun(id, begin.data)
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
  const up = [{ label: name, to: pages.ownAccount }]
  const title = progress ? `${workflowTitle(progress.workflow)}: ${name}` : `Provisioning: ${name}`
  return (
    <Page title={title} up={up} {...(over ? {} : { intro: GOES_ON })}>
      {progress ? (
        <>
          <Section>
            <RunSummary progress={progress} frozen={run.line === 'broken' && begin.isError} />
            <LineState
              line={run.line}
              status={progress.status}
              asOf={Math.max(run.heardAt ?? 0, begin.dataUpdatedAt)}
              unreachable={begin.isError}
            />
          </Section>
          <div aria-live="polite" className="outcome">
            <Outcome
              account={account.data}
              accountId={id}
              progress={progress}
              again={(next) => {
                queries.setQueryData(begun.queryKey, next)
                // What was pressed is gone with the state that it belonged to.
                document.querySelector<HTMLElement>('#page-title')?.focus()
              }}
            />
          </div>
          <Section title="Steps" flush>
            <RunSteps progress={progress} frozen={run.line === 'broken' && begin.isError} />
          </Section>
        </>
      ) : nothing ? (
        <Section>
          <Empty title="No run has set this account up">It is built in.</Empty>
        </Section>
      ) : account.error ? (
        <Loaded query={account} what="load the account" noun="account">
          {() => null}
        </Loaded>
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

type LineProps = { line: Line; status: Progress['status']; asOf: number; unreachable: boolean }

/** Whether what is on screen is what is so. */
function LineState({ line, status, asOf, unreachable }: LineProps) {
  const now = useNow()
  const good = line !== 'over' || status === 'succeeded'
  const Icon = good ? LINE_ICONS[line] : CircleStop
  const lost = line === 'broken'
  return (
    <Text size="xs" c={lost ? undefined : 'dimmed'} component="div" mt={8}>
      <span className="status" data-tone={lost ? 'warn' : 'idle'} style={{ whiteSpace: 'normal' }}>
        <Icon size={13} aria-hidden />
        <output>{lost ? `${LINE_WORDS.broken}.` : good ? LINE_WORDS[line] : 'Ended'}</output>
        {/* Outside of what is read aloud: it changes every second. */}
        {lost && (
          <span>
            {unreachable ? 'As of' : 'Asking every few seconds; as of'}{' '}
            {formatAge(new Date(asOf).toISOString(), Math.max(now, asOf))}.
          </span>
        )}
      </span>
    </Text>
  )
}
