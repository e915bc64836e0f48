// Steps that failed for good, kept for somebody to look at: to be tried again or discarded.
import { Modal, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { Eye, RotateCcw, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { isOver } from '../../api/progress'
import type { Item } from '../../api/queries'
import { AccountName } from '../../app/AccountName'
import { usePlace } from '../../app/place'
import { words } from '../../format'
import { pages, placePath } from '../../paths'
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
  const place = usePlace()
  const navigate = useNavigate()
  const [shown, setShown] = useState<Letter>()
  const [discarding, setDiscarding] = useState<Letter>()
  const replay = useAction({
    what: 'try the step again',
    run: (letter: Letter) =>
      send(api.POST('/api/dead-letters/{deadLetterId}/replay', { params: { path: { deadLetterId: letter.id } } })),
    done: (run) =>
      isOver(run) ? 'The step was done since. Its dead letter is gone.' : 'The step is being tried again',
    changes: ['/api/dead-letters', '/api/executions', '/api/provisioning/{accountId}'],
    then: async (_, letter) => {
      setShown(undefined)
      await navigate({
        to: placePath(place, letter.accountId ? pages.provisioning(letter.accountId) : pages.run(letter.executionId)),
      })
    },
  })
  const discard = useAction({
    what: 'discard the dead letter',
    run: (letter: Letter) =>
      send(api.DELETE('/api/dead-letters/{deadLetterId}', { params: { path: { deadLetterId: letter.id } } })),
    done: 'The dead letter is discarded',
    changes: ['/api/dead-letters'],
    showsFailure: true,
  })
  const worker = WORKERS.find((one) => one === search.worker) as Letter['worker'] | undefined
  return (
    <Page
      title="Dead letters"
      intro="Steps that failed after their last attempt. Each is kept for 14 days, in the queue of the worker that failed."
    >
      <DataTable
        noun={['dead letter', 'dead letters']}
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
            label: 'Try the step again',
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
        nothing={{ text: 'Every step that was tried has succeeded, or is still being tried.' }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title="Dead letter"
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
              Try the step again
            </ActionButton>
          </>
        )}
      </Modal>
      <Confirm
        opened={discarding !== undefined}
        onClose={() => setDiscarding(undefined)}
        title={`Discard the dead letter of ${discarding ? stepOf(discarding) : ''}`}
        act="Discard"
        what="discard the dead letter"
        run={() => (discarding ? discard.mutateAsync(discarding) : Promise.resolve())}
      >
        <Text size="sm">
          Only this note of the failure goes. A run that failed can still be redriven from its own page; a step that its
          run went on without can’t be tried again.
        </Text>
      </Confirm>
    </Page>
  )
}

function stepOf(letter: Letter): string {
  return letter.item === null || letter.item === undefined ? letter.state : `${letter.state}[${letter.item}]`
}
