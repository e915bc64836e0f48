// The keys that the console answers to. Each has a test.
import { Kbd, Modal, Table } from '@mantine/core'
import '@mantine/core/styles/Table.layer.css'

const SHORTCUTS: Array<[keys: string[], what: string]> = [
  [['Ctrl', 'K'], 'Search records, pages and actions'],
  [['/'], 'Go to the first filter of the page'],
  [['?'], 'Show these shortcuts'],
  [['Esc'], 'Close what lies on top'],
]

export default function Shortcuts({ onClose }: { onClose: () => void }) {
  return (
    <Modal opened onClose={onClose} title="Keyboard shortcuts" styles={{ title: { fontWeight: 600 } }}>
      <Table>
        <Table.Tbody>
          {SHORTCUTS.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td ta="end">
                {keys.map((key) => (
                  <Kbd key={key} ml={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  )
}
