// The platform's scheduled jobs: when each runs, and what its last run did.
import { Modal, Text } from '@mantine/core'
import { Eye } from 'lucide-react'
import { useState } from 'react'
import type { Item } from '../../api/queries'
import { sentence } from '../../api/problem'
import { count, formatNumber, words } from '../../format'
import { CellButton, DataTable } from '../../ui/DataTable'
import { Facts } from '../../ui/Facts'
import { Page } from '../../ui/Page'
import { Status } from '../../ui/Status'
import { Ago, At } from '../../ui/Time'

type Job = Item<'/api/jobs'>

const LOOK_MS = 10_000

export default function JobsPage() {
  const [shown, setShown] = useState<Job>()
  return (
    <Page title="Scheduled jobs" intro="Work that the platform does by the clock, in one process at a time.">
      <DataTable
        noun={['job', 'jobs']}
        path="/api/jobs"
        params={{}}
        idOf={(job) => job.name}
        nameOf={(job) => words(job.name)}
        columns={[
          { header: 'Job', cell: (job) => <CellButton onClick={() => setShown(job)}>{words(job.name)}</CellButton> },
          { header: 'Period', cell: (job) => periodOf(job.everySeconds) },
          { header: 'Status', cell: (job) => <JobStatus job={job} /> },
          { header: 'Last run', cell: (job) => (job.lastRun ? <Ago at={job.lastRun.startedAt} /> : 'None yet') },
          { header: 'Result', cell: (job) => <span title={resultOf(job)}>{resultOf(job)}</span> },
          { header: 'Next run', cell: (job) => <Ago at={job.nextRunAt} /> },
        ]}
        actions={(job) => [{ label: 'Show', icon: <Eye size={14} aria-hidden />, onClick: () => setShown(job) }]}
        nothing={{ text: 'This server runs no scheduled jobs.' }}
        unpaged
        pollEvery={() => LOOK_MS}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown && words(shown.name)}
        size="lg"
        styles={{ title: { fontWeight: 600 } }}
      >
        {shown && (
          <>
            <Text size="sm" mb="md">
              {sentence(shown.summary)}
            </Text>
            <Facts
              of={[
                ['Name', <span className="mono">{shown.name}</span>],
                ['Period', periodOf(shown.everySeconds)],
                ['Status', <JobStatus job={shown} />],
                ['Next run', <At at={shown.nextRunAt} />],
                ['Runs started', formatNumber(shown.runs)],
                ['Failures since the last success', formatNumber(shown.consecutiveFailures)],
                ...(shown.lastRun
                  ? ([
                      ['Last run', <At at={shown.lastRun.startedAt} />],
                      ['Took', `${formatNumber(shown.lastRun.durationMilliseconds)} ms`],
                      ['Process', <span className="mono">{shown.lastRun.process}</span>],
                      ['Result', resultOf(shown)],
                    ] as Array<[string, React.ReactNode]>)
                  : []),
              ]}
            />
          </>
        )}
      </Modal>
    </Page>
  )
}

function JobStatus({ job }: { job: Job }) {
  if (job.running) return <Status of="running" />
  if (!job.lastRun) return <Status of="waiting" />
  return <Status of={job.lastRun.outcome} />
}

/** “3 sent”, or what went wrong. */
function resultOf({ lastRun }: Job): string {
  if (!lastRun) return '—'
  if (lastRun.error) return sentence(lastRun.error)
  const done = Object.entries(lastRun.counts ?? {}).filter(([, many]) => many > 0)
  if (done.length === 0) return 'Nothing to do'
  return done.map(([what, many]) => `${formatNumber(many)} ${words(what).toLowerCase()}`).join(', ')
}

function periodOf(seconds: number): string {
  if (seconds % 86_400 === 0) return count(seconds / 86_400, 'day')
  if (seconds % 3_600 === 0) return count(seconds / 3_600, 'hour')
  return seconds % 60 === 0 ? count(seconds / 60, 'minute') : count(seconds, 'second')
}
