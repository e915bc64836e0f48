// Steps that failed for good, kept for somebody to look at: to be tried again or discarded.
import { Modal, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Eye, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { isOver } from '../../api/progress'
import type { Item } from '../../api/queries'
import { AccountName } from '../../app/AccountName'
import { words } from '../../format'
import { pages } from '../../paths'
import { Confirm } from '../../ui/Confirm'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { DataTable } from '../../ui/DataTable'
import { Facts } from '../../ui/Facts'
import { ChoiceFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Ago, At } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { useListState } from '../../ui/useListState'

type Letter = Item<'/api/dead-letters'>

const WORKERS = ['dynamodb-provisioner', 'cognito-provisioner', 'ses-notification', 'provisioning-verifier']

export default function DeadLettersPage() {
  const { search } = useListState()
  const navigate = useNavigate()
  const [shown, setShown] = useState<Letter>()
  const [discarding, setDiscarding] = useState<Letter>()
  const replay = useAction({
    what: 'retry the step',
    run: (letter: Letter) =>
      send(api.POST('/api/dead-letters/{deadLetterId}/replay', { params: { path: { deadLetterId: letter.id } } })),
    done: (run) =>
      isOver(run) ? 'The step has succeeded since. Its dead letter is gone.' : 'The step is being retried',
    changes: ['/api/dead-letters', '/api/executions', '/api/provisioning/{accountId}'],
    then: async (_, letter) => {
      setShown(undefined)
      await navigate({
        to: letter.accountId ? pages.provisioning(letter.accountId) : pages.run(letter.executionId),
      })
    },
  })
  const discard = useAction({
    what: 'discard the failed step',
    run: (letter: Letter) =>
      send(api.DELETE('/api/dead-letters/{deadLetterId}', { params: { path: { deadLetterId: letter.id } } })),
    done: 'The failed step is discarded',
    changes: ['/api/dead-letters'],
    showsFailure: true,
  })
  const worker = WORKERS.find((one) => one === search.worker) as Letter['worker'] | undefined
  return (
    <Page
      title="Failed steps"
      intro="Dead letters: steps that failed after their last attempt. Each is kept for 14 days, in the queue of the worker that failed."
    >
      <DataTable
        noun={['failed step', 'failed steps']}
        path="/api/dead-letters"
        params={{ query: worker ? { worker } : {} }}
        idOf={(letter) => letter.id}
        nameOf={(letter) => `${stepOf(letter)} of ${letter.workflow}`}
        columns={[
          { header: 'Step', cell: (letter) => <span className="mono">{stepOf(letter)}</span> },
          { header: 'Worker', cell: (letter) => letter.worker },
          { header: 'Account', cell: (letter) => <AccountName id={letter.accountId} /> },
          { header: 'Error', cell: (letter) => <span title={letter.error.message}>{letter.error.message}</span> },
          { header: 'Attempts', cell: (letter) => letter.attempts, align: 'number' },
          { header: 'Failed', cell: (letter) => <Ago at={letter.at} /> },
        ]}
        actions={(letter) => [
          { label: 'Show', icon: <Eye size={14} aria-hidden />, onClick: () => setShown(letter) },
          {
            label: 'Retry the step',
            icon: <RotateCcw size={14} aria-hidden />,
            operation: 'provisioning_replay',
            onClick: () => replay.mutate(letter),
          },
          {
            label: 'Discard',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'provisioning_discard',
            danger: true,
            onClick: () => setDiscarding(letter),
          },
        ]}
        filters={
          <ChoiceFilter name="worker" label="Worker" choices={WORKERS.map((one) => ({ value: one, label: one }))} />
        }
        filterKeys={['worker']}
        nothing={{ text: 'Every step has succeeded, or is still being tried.' }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title="Failed step"
        size="lg"
        styles={{ title: { fontWeight: 600 } }}
      >
        {shown && (
          <>
            <Facts
              of={[
                ['Step', <span className="mono">{stepOf(shown)}</span>],
                ['Worker', shown.worker],
                ['Workflow', words(shown.workflow)],
                ['Run', <CopyId id={shown.executionId} what="run id" />],
                ['Account', <AccountName id={shown.accountId} />],
                ['Attempts', shown.attempts],
                ['Failed', <At at={shown.at} />],
                ['Kept until', <At at={shown.expiresAt} />],
                ['Error code', <span className="mono">{shown.error.code}</span>],
                ['What happened', shown.error.message],
              ]}
            />
            <ActionButton
              operation="provisioning_replay"
              mt="md"
              leftSection={<RotateCcw size={14} aria-hidden />}
              loading={replay.isPending}
              onClick={() => replay.mutate(shown)}
            >
              Retry the step
            </ActionButton>
          </>
        )}
      </Modal>
      <Confirm
        opened={discarding !== undefined}
        onClose={() => setDiscarding(undefined)}
        title={`Discard the failed step ${discarding ? stepOf(discarding) : ''}`}
        act="Discard"
        what="discard the failed step"
        run={() => (discarding ? discard.mutateAsync(discarding) : Promise.resolve())}
      >
        <Text size="sm">
          This removes only the record of the failure. You can still retry a failed run from its own page. A step that
          its run went on without can’t be retried any more.
        </Text>
      </Confirm>
    </Page>
  )
}

function stepOf(letter: Letter): string {
  return letter.item === null || letter.item === undefined ? letter.state : `${letter.state}[${letter.item}]`
}
