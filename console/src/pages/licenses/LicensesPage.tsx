// The licenses of the account that one is in: seats taken, days left.
import { Alert, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { BellRing, Pencil, Trash2, TriangleAlert } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import { type Item, q } from '../../api/queries'
import { allOf } from '../../app/catalogue'
import { usePlace } from '../../app/place'
import { useOperator } from '../../app/rights'
import { namesOf } from '../../app/triples'
import { count } from '../../format'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Confirm } from '../../ui/Confirm'
import { DataTable } from '../../ui/DataTable'
import { ChoiceFilter } from '../../ui/Filters'
import { seatsOfLicense } from '../../ui/licenseSeats'
import { OverCapacity } from '../../ui/OverCapacity'
import { Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Seats } from '../../ui/Seats'
import { Status } from '../../ui/Status'
import { EndDay } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { useListState } from '../../ui/useListState'

type License = Item<'/api/licenses'>
const SOON_DAYS = 60

export default function LicensesPage() {
  const { search } = useListState()
  const place = usePlace()
  const operator = useOperator()
  const [deleting, setDeleting] = useState<License>()
  const enterprises = useQuery(allOf('/api/enterprises')).data
  const capacity = useQuery(q('/api/licenses/capacity', { query: place.scope })).data
  const expiring = useQuery(q('/api/licenses/expiring', { query: { ...place.scope, days: SOON_DAYS } })).data
  const remove = useAction({
    what: 'delete the license',
    run: ({ id }: License) =>
      send(api.DELETE('/api/licenses/{licenseId}', { params: { path: { licenseId: id }, query: place.scope } })),
    done: 'The license is deleted',
    changes: ['/api/licenses', '/api/licenses/capacity', '/api/licenses/expiring', '/api/licenses/licensed-entities'],
    showsFailure: true,
  })
  const remind = useAction({
    what: 'send the reminders',
    run: () => send(api.POST('/api/licenses/send-reminders', {})),
    done: ({ due, sent, alreadySent, withoutContact, failed }) =>
      due === 0
        ? 'No license is due for a reminder'
        : [
            `${count(sent, 'reminder')} sent`,
            alreadySent > 0 ? `${alreadySent} sent before` : '',
            withoutContact > 0 ? `${withoutContact} without a contact` : '',
            failed.length > 0 ? `${failed.length} failed` : '',
          ]
            .filter(Boolean)
            .join(', '),
    changes: ['/api/outbox'],
  })
  const nameOf = (license: License) => {
    const { product, service } = namesOf(enterprises, license)
    return product && service ? `${product} / ${service}` : 'License'
  }
  const create = (
    <ActionButton operation="licenses_create" to={placePath(place, pages.newLicense)}>
      Add license
    </ActionButton>
  )
  return (
    <Page
      title="Licenses"
      intro={
        capacity && capacity.licenses.length > 0 ? (
          <>
            {count(capacity.availableSeats, 'seat')} free of {count(capacity.totalSeats, 'seat')} in all.
          </>
        ) : undefined
      }
      actions={
        <>
          {operator && (
            <ActionButton
              variant="default"
              operation="licenses_send_reminders"
              loading={remind.isPending}
              leftSection={<BellRing size={14} aria-hidden />}
              onClick={() => remind.mutate()}
            >
              Send reminders
            </ActionButton>
          )}
          {create}
        </>
      }
    >
      <OverCapacity scope={place.scope} />
      {expiring && expiring.items.length > 0 && (
        <Alert
          color="yellow"
          icon={<TriangleAlert size={18} aria-hidden />}
          styles={{ message: { color: 'var(--mantine-color-text)' } }}
        >
          <Text size="sm">
            {count(expiring.items.length, 'license ends', 'licenses end')} within {SOON_DAYS} days
            {expiring.nextCursor ? ', and more' : ''}. An expired license gives no new seats. If no other license
            follows, its users can work until the grace period is over.
          </Text>
        </Alert>
      )}
      <DataTable
        noun={['license', 'licenses']}
        path="/api/licenses"
        params={{ query: { ...place.scope, ...(isStatus(search.status) ? { status: search.status } : {}) } }}
        idOf={(license) => license.id}
        nameOf={nameOf}
        columns={[
          {
            header: 'Product / service',
            cell: (license) => (
              <PlaceLink to={pages.license(license.id)} clip>
                {nameOf(license)}
              </PlaceLink>
            ),
          },
          { header: 'Enterprise', cell: (license) => namesOf(enterprises, license).enterprise ?? '—' },
          { header: 'Status', cell: (license) => <Status of={license.status} /> },
          {
            header: 'Seats',
            cell: (license) => {
              const seats = seatsOfLicense(capacity, license)
              return seats ? <Seats {...seats} /> : '—'
            },
          },
          { header: 'Ends', cell: (license) => <EndDay day={license.endDate} /> },
          { header: 'Contact', cell: (license) => license.contact?.name ?? '—' },
        ]}
        actions={(license) => [
          { label: 'Edit', icon: <Pencil size={14} aria-hidden />, to: placePath(place, pages.license(license.id)) },
          {
            label: 'Delete',
            icon: <Trash2 size={14} aria-hidden />,
            operation: 'licenses_delete',
            refused: license.builtIn ? 'It is the platform’s own.' : undefined,
            danger: true,
            onClick: () => setDeleting(license),
          },
        ]}
        filters={
          <ChoiceFilter
            name="status"
            label="Status"
            choices={[
              { value: 'active', label: 'Active' },
              { value: 'future', label: 'Not started' },
              { value: 'expired', label: 'Expired' },
            ]}
          />
        }
        filterKeys={['status']}
        nothing={{
          text: 'Users need a seat of a license. Add one for a product and service of an enterprise.',
          action: create,
        }}
      />
      <Confirm
        opened={deleting !== undefined}
        onClose={() => setDeleting(undefined)}
        title={`Delete the license of ${deleting ? nameOf(deleting) : ''}`}
        act="Delete license"
        what="delete the license"
        run={() => (deleting ? remove.mutateAsync(deleting) : Promise.resolve())}
      >
        Nobody can be added with it any more. It can’t be brought back.
      </Confirm>
    </Page>
  )
}

function isStatus(text: string | undefined): text is 'active' | 'future' | 'expired' {
  return text === 'active' || text === 'future' || text === 'expired'
}
