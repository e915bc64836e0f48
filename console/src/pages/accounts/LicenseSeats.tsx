// The seats of each license of an account.
import { Table } from '@mantine/core'
import '@mantine/core/styles/Table.layer.css'
import { useQuery } from '@tanstack/react-query'
import { q } from '../../api/queries'
import { count } from '../../format'
import { seatsOfLicense } from '../../ui/licenseSeats'
import { ScrollBox } from '../../ui/ScrollBox'
import { Seats } from '../../ui/Seats'
import { EndDay } from '../../ui/Time'
import { Status } from '../../ui/Status'
import { Triple } from '../../ui/Triple'

const SHOWN = 20

export function LicenseSeats({ accountId }: { accountId: string }) {
  const licenses = useQuery(q('/api/licenses', { query: { accountId, limit: SHOWN } })).data
  const capacity = useQuery(q('/api/licenses/capacity', { query: { accountId } })).data
  if (!licenses || licenses.items.length === 0) return null
  return (
    <ScrollBox label="Table of licenses">
      <Table miw={560}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>License</Table.Th>
            <Table.Th>Status</Table.Th>
            <Table.Th>Ends</Table.Th>
            <Table.Th>Seats</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {licenses.items.map((license) => {
            const seats = seatsOfLicense(capacity, license)
            return (
              <Table.Tr key={license.id}>
                <Table.Td>
                  <Triple of={license} />
                </Table.Td>
                <Table.Td>
                  <Status of={license.status} />
                </Table.Td>
                <Table.Td>
                  <EndDay day={license.endDate} />
                </Table.Td>
                <Table.Td>{seats ? <Seats {...seats} /> : count(license.numberOfUsers, 'seat')}</Table.Td>
              </Table.Tr>
            )
          })}
        </Table.Tbody>
      </Table>
    </ScrollBox>
  )
}
