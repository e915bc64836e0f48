// Deletes a record after a confirmation: from the menu of its row in a list, or by the button on its page.
import { useNavigate } from '@tanstack/react-router'
import { Trash2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import type { GetPath } from '../api/queries'
import { type Scope, usePlace } from '../app/place'
import type { OperationId } from '../app/rights'
import { words } from '../format'
import { placePath } from '../paths'
import { ActionButton } from './ActionButton'
import { Confirm } from './Confirm'
import type { RowAction } from './RowMenu'
import { useAction } from './useAction'

export type NamedRecord = { id: string; name: string }

/** How one kind of record is deleted. */
export type Deletion<Stored extends NamedRecord> = {
  /** “group” */
  noun: string
  operation: OperationId
  send: (id: string, scope: Scope, confirm?: string) => Promise<unknown>
  /** The queries to fetch again: those that show the record or what depends on it. */
  changes: GetPath[]
  /** Why this record can't be deleted. */
  refused: (record: Stored) => string | undefined
  /** What the dialog says about the effects. */
  warning: (record: Stored) => ReactNode
  goes?: string[]
  stays?: string[]
}

/** The entry in a row's menu. */
export function deleteAction<Stored extends NamedRecord>(
  deletion: Deletion<Stored>,
  record: Stored,
  onClick: () => void,
): RowAction {
  return {
    label: 'Delete',
    icon: <Trash2 size={14} aria-hidden />,
    operation: deletion.operation,
    refused: deletion.refused(record),
    danger: true,
    onClick,
  }
}

/** The button on the record's page. Afterwards the list opens. */
export function DeleteButton<Stored extends NamedRecord>({
  deletion,
  record,
  list,
}: {
  deletion: Deletion<Stored>
  record: Stored
  list: string
}) {
  const place = usePlace()
  const navigate = useNavigate()
  const [deleting, setDeleting] = useState<Stored>()
  return (
    <>
      <ActionButton
        operation={deletion.operation}
        refused={deletion.refused(record)}
        variant="default"
        leftSection={<Trash2 size={15} aria-hidden />}
        onClick={() => setDeleting(record)}
      >
        Delete
      </ActionButton>
      <DeleteRecord
        deletion={deletion}
        record={deleting}
        onClose={() => setDeleting(undefined)}
        then={() => navigate({ to: placePath(place, list), ignoreBlocker: true })}
      />
    </>
  )
}

/** The confirmation; it is open while there is a record. */
export function DeleteRecord<Stored extends NamedRecord>({
  deletion,
  record,
  onClose,
  then,
}: {
  deletion: Deletion<Stored>
  record: Stored | undefined
  onClose: () => void
  then?: () => Promise<void>
}) {
  const { scope } = usePlace()
  const { noun, goes, stays } = deletion
  const remove = useAction({
    what: `delete the ${noun}`,
    run: ({ one, confirm }: { one: Stored; confirm?: string | undefined }) => deletion.send(one.id, scope, confirm),
    done: (_, { one: { name } }) => `${words(noun)} ${name} is deleted`,
    changes: deletion.changes,
    then,
    showsFailure: true,
  })
  return (
    <Confirm
      opened={record !== undefined}
      onClose={onClose}
      title={`Delete ${noun} ${record?.name ?? ''}`}
      act={`Delete ${noun}`}
      what={`delete the ${noun}`}
      run={async (confirm) => record && remove.mutateAsync({ one: record, confirm })}
      goes={goes}
      stays={stays}
    >
      {record && deletion.warning(record)}
    </Confirm>
  )
}
