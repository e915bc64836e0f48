// Every run of a workflow, the latest first.
import type { components } from '../../api/schema.gen'
import { isUnderWay } from '../../api/progress'
import { AccountFilter } from '../../app/AccountFilter'
import { pages } from '../../paths'
import { AccountName } from '../../app/AccountName'
import { type Column, DataTable } from '../../ui/DataTable'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { workflowTitle } from '../../ui/run'
import { Took } from '../../ui/RunSteps'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { useListState } from '../../ui/useListState'

type Execution = components['schemas']['Execution']

const COLUMNS: Array<Column<Execution>> = [
  { header: 'Run', cell: (run) => <PlaceLink to={pages.run(run.id)}>{workflowTitle(run.workflow)}</PlaceLink> },
  { header: 'Account', cell: (run) => <AccountName id={run.accountId} /> },
  {
    header: 'Status',
    cell: (run) => (
      <>
        <Status of={run.status} /> {run.degraded.length > 0 && <Status of="degraded" />}
      </>
    ),
  },
  { header: 'Started', cell: (run) => <Ago at={run.startedAt} /> },
  {
    header: 'Took',
    align: 'number',
    cell: (run) => <Took from={run.startedAt} to={run.finishedAt} frozen={!isUnderWay(run.status)} />,
  },
]

export default function RunsPage() {
  const { search } = useListState()
  return (
    <Page title="Runs" intro="Each onboarding and each removal of an account, with its steps.">
      <DataTable
        noun={['run', 'runs']}
        path="/api/executions"
        params={{ query: search.account ? { accountId: search.account } : {} }}
        columns={COLUMNS}
        idOf={(run) => run.id}
        nameOf={(run) => workflowTitle(run.workflow)}
        actions={(run) =>
          run.accountId ? [{ label: 'Latest run of the account', to: pages.provisioning(run.accountId) }] : []
        }
        filterKeys={['account']}
        filters={<AccountFilter />}
        nothing={{ text: 'Onboarding an account starts a run, and so does deleting one.' }}
        pollEvery={(rows) => (rows.some((run) => isUnderWay(run.status)) ? 1_500 : 20_000)}
      />
    </Page>
  )
}
