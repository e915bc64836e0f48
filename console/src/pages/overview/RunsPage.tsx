// Every run of a workflow, the latest first.
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { isUnderWay } from '../../app/Jobs'
import { pages, placePath } from '../../paths'
import { AccountName } from '../../app/AccountName'
import { type Column, DataTable } from '../../ui/DataTable'
import { ChoiceFilter } from '../../ui/Filters'
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
  { header: 'Begun', cell: (run) => <Ago at={run.startedAt} /> },
  {
    header: 'Took',
    align: 'number',
    cell: (run) => <Took from={run.startedAt} to={run.finishedAt} frozen={!isUnderWay(run.status)} />,
  },
]

const CHOICES = [{ value: 'here', label: 'This account' }]

export default function RunsPage() {
  const place = usePlace()
  const { search } = useListState()
  return (
    <Page title="Provisioning runs" intro="Each onboarding and each removal of an account, with its steps.">
      <DataTable
        noun={['run', 'runs']}
        path="/api/executions"
        params={{ query: search.of === 'here' ? { accountId: place.accountId } : {} }}
        columns={COLUMNS}
        idOf={(run) => run.id}
        nameOf={(run) => workflowTitle(run.workflow)}
        actions={(run) =>
          run.accountId
            ? [{ label: 'Follow its account', to: placePath(place, pages.provisioning(run.accountId)) }]
            : []
        }
        filterKeys={['of']}
        filters={<ChoiceFilter name="of" label="Account" choices={CHOICES} all="All accounts" />}
        nothing={{ text: 'A run is begun by onboarding an account, and by deleting one.' }}
        pollEvery={(rows) => (rows.some((run) => isUnderWay(run.status)) ? 1_500 : 20_000)}
      />
    </Page>
  )
}
