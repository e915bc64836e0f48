// The fields that an operation changed, before and after, and what it added to lists and removed from them.
import { Table, Text } from '@mantine/core'
import '@mantine/core/styles/Table.layer.css'
import type { Item } from '../../api/queries'
import { count } from '../../format'
import { ScrollBox } from '../../ui/ScrollBox'
import { type Change, changed } from './auditExport'

export function EntryChanges({ entry }: { entry: Item<'/api/audit'> }) {
  const changes = entry.changes ?? []
  if (changes.length === 0) return null
  const omitted = entry.omittedChanges ?? 0
  return (
    <>
      <ScrollBox label="Table of changed fields">
        <Table miw={280} mt="md" aria-label="Changed fields" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Field</Table.Th>
              <Table.Th scope="col">Before</Table.Th>
              <Table.Th scope="col">After</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {changes.map((change) => (
              <Row key={`${change.record?.id ?? ''} ${change.field}`} change={change} />
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
      {omitted > 0 && (
        <Text size="sm" c="dimmed">
          {`${count(omitted, 'more change')} not recorded.`}
        </Text>
      )}
    </>
  )
}

function Row({ change }: { change: Change }) {
  const { before, after } = changed(change)
  return (
    <Table.Tr>
      <Table.Td>
        {change.record && (
          <Text size="xs" c="dimmed">
            {`${change.record.kind} ${change.record.id}`}
          </Text>
        )}
        <span className="mono">{change.field}</span>
      </Table.Td>
      <Table.Td className="wrap-anywhere">{before}</Table.Td>
      <Table.Td className="wrap-anywhere">{after}</Table.Td>
    </Table.Tr>
  )
}
