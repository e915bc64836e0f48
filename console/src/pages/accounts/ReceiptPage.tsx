// What was removed of an account that is gone, and what was kept: to be read, printed or filed.
import { Alert, Button, Table, Text } from '@mantine/core'
import '@mantine/core/styles/Table.layer.css'
import { useQuery } from '@tanstack/react-query'
import { Download, Printer } from 'lucide-react'
import { q } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { formatNumber } from '../../format'
import { pages } from '../../paths'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { NotFound } from '../../ui/Failure'
import { Loaded, Page, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { At } from '../../ui/Time'
import { isMissing } from '../../api/problem'
import { kindTitle, kindsOf } from './receipt'
import '../../ui/account.css'

type Receipt = components['schemas']['Receipt']

export default function ReceiptPage() {
  const { accountId: id } = usePlace()
  const account = useQuery(q('/api/accounts/{accountId}', { path: { accountId: id } }))
  const receipt = useQuery({ ...q('/api/accounts/{accountId}/receipt', { path: { accountId: id } }), retry: false })
  const name = account.data?.name ?? 'account'
  const none = isMissing(receipt.error)
  return (
    <Page
      title={`Receipt: ${name}`}
      intro="What was removed with the account, and what was kept."
      up={[{ label: name, to: pages.ownAccount }]}
      actions={
        receipt.data && (
          <>
            <Button
              variant="default"
              leftSection={<Printer size={16} aria-hidden />}
              className="no-print"
              onClick={() => print()}
            >
              Print
            </Button>
            <Button
              variant="default"
              leftSection={<Download size={16} aria-hidden />}
              className="no-print"
              onClick={() => receipt.data && save(name, receipt.data)}
            >
              Download as JSON
            </Button>
          </>
        )
      }
    >
      {isMissing(account.error) ? (
        <NotFound what="account" />
      ) : none ? (
        <Alert color="gray" title="There is no receipt" styles={{ title: { color: 'var(--mantine-color-text)' } }}>
          <Text size="sm" className="in-text">
            A receipt is written when the removal of an account has succeeded. An onboarding that was rolled back leaves
            none; <PlaceLink to={pages.provisioning(id)}>its run</PlaceLink> says what was taken back.
          </Text>
        </Alert>
      ) : (
        <Loaded query={receipt} what="load the receipt">
          {(found) => <Shown receipt={found} name={name} />}
        </Loaded>
      )}
    </Page>
  )
}

function Shown({ receipt, name }: { receipt: Receipt; name: string }) {
  const kinds = kindsOf(receipt.removed)
  return (
    <>
      <Section>
        <Facts
          of={[
            ['Account', <bdi key="name">{name}</bdi>],
            ['Removed', <At key="at" at={receipt.finishedAt} />],
            ['Account id', <CopyId key="id" id={receipt.accountId} what="account id" whole />],
            [
              'Run',
              <span key="run">
                <PlaceLink to={pages.run(receipt.executionId)}>Show the run</PlaceLink>{' '}
                <CopyId id={receipt.executionId} what="execution id" whole />
              </span>,
            ],
            ...(receipt.table
              ? [
                  [
                    'Table deleted',
                    <span key="table" className="mono">
                      {receipt.table}
                    </span>,
                  ] as [string, React.ReactNode],
                ]
              : []),
          ]}
        />
      </Section>
      <Section title="What was removed" flush>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Kind</Table.Th>
              <Table.Th ta="end">Records</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {kinds.map(([kind, many]) => (
              <Table.Tr key={kind}>
                <Table.Td>{kindTitle(kind)}</Table.Td>
                <Table.Td className="number">{formatNumber(many)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
          <Table.Tfoot>
            <Table.Tr>
              <Table.Th>Total</Table.Th>
              <Table.Th className="number">{formatNumber(kinds.reduce((sum, [, many]) => sum + many, 0))}</Table.Th>
            </Table.Tr>
          </Table.Tfoot>
        </Table>
      </Section>
      <Section title="What was kept">
        <ul style={{ margin: 0, paddingInlineStart: 20, fontSize: 13 }}>
          {receipt.kept.map((one) => (
            <li key={one}>{kindTitle(one)}</li>
          ))}
        </ul>
      </Section>
    </>
  )
}

function save(name: string, receipt: Receipt) {
  const text = `${JSON.stringify({ name, ...receipt }, null, 2)}\n`
  const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `receipt-${receipt.accountId}.json`
  link.click()
  URL.revokeObjectURL(url)
}
