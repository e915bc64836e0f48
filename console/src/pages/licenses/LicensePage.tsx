// One license: added here, and changed here.
import { SimpleGrid, Stack } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { type Tagged, api, intents, send } from '../../api/client'
import { type Answer, invalidate, q, qTagged, readNow } from '../../api/queries'
import { allOf, choices } from '../../app/catalogue'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { namesOf, onlyOne, productsOf, servicesOf } from '../../app/triples'
import { formatDay, today } from '../../format'
import { pages, placePath } from '../../paths'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { SelectField, SwitchField } from '../../ui/fields'
import { FormShell } from '../../ui/form'
import { useRecordForm, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { sameTriple } from '../../ui/licenseSeats'
import { OverCapacity } from '../../ui/OverCapacity'
import { Loaded, Page, Section } from '../../ui/Page'
import { Seats } from '../../ui/Seats'
import { At } from '../../ui/Time'
import { TermsFields } from './TermsFields'
import { type Terms, aYearFrom, contactOf, termsOf } from './terms'

type License = Answer<'/api/licenses/{licenseId}'>
type Values = Terms & { enterpriseId: string; productId: string; serviceId: string }
const UP = [{ label: 'Licenses', to: pages.licenses }]
const CHANGES = [
  '/api/licenses',
  '/api/licenses/capacity',
  '/api/licenses/expiring',
  '/api/licenses/licensed-entities',
] as const

export default function LicensePage() {
  const { id }: { id?: string } = useParams({ strict: false })
  return id ? <Existing id={id} /> : <New />
}

function New() {
  const place = usePlace()
  const navigate = useNavigate()
  const [intent] = useState(intents)
  const form = useServerForm<Values>({
    defaults: {
      enterpriseId: '',
      productId: '',
      serviceId: '',
      startDate: today(),
      endDate: aYearFrom(today()),
      numberOfUsers: 10,
      contact: { name: '', email: '', phone: '' },
      renewalNotification: { enabled: true, noticeDays: 30 },
      graceDays: '',
    },
    what: 'add the license',
    submit: async (values) => {
      const { enterpriseId, productId, serviceId } = values
      const body = { accountId: place.accountId, enterpriseId, productId, serviceId, ...contactOf(values) }
      await send(api.POST('/api/licenses', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }))
      intent.done()
      await invalidate(...CHANGES)
      notifyDone('The license is added')
      await navigate({ to: placePath(place, pages.licenses), ignoreBlocker: true })
    },
  })
  const refused = useMay()('licenses_create').reason
  return (
    <Page title="Add license" up={UP} intro="Seats for one service of one product, in an enterprise.">
      <Section>
        <FormShell
          form={form}
          act="Add license"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.licenses) })}
        >
          <TripleFields />
          <TermsFields />
        </FormShell>
      </Section>
    </Page>
  )
}

/** Each choice narrows the next; where there is one, it is made. */
function TripleFields() {
  const enterprises = useQuery(allOf('/api/enterprises')).data
  const { control, setValue } = useFormContext<Values>()
  const [enterpriseId, productId] = useWatch({ control, name: ['enterpriseId', 'productId'] })
  const products = productsOf(enterprises, enterpriseId)
  const services = servicesOf(enterprises, enterpriseId, productId)
  const pickProduct = (enterprise: string, product: string) => {
    setValue('productId', product)
    setValue('serviceId', onlyOne(servicesOf(enterprises, enterprise, product)))
  }
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      <SelectField
        name="enterpriseId"
        label="Enterprise"
        required
        choices={choices(enterprises)}
        nothing="No enterprise to choose from"
        onPick={(picked) => pickProduct(picked ?? '', onlyOne(productsOf(enterprises, picked ?? '')))}
      />
      <SelectField
        name="productId"
        label="Product"
        required
        disabled={!enterpriseId}
        choices={choices(products)}
        nothing="The enterprise is linked to no product"
        onPick={(picked) => pickProduct(enterpriseId, picked ?? '')}
      />
      <SelectField
        name="serviceId"
        label="Service"
        required
        disabled={!productId}
        choices={choices(services)}
        nothing="The product is linked to no service"
      />
    </SimpleGrid>
  )
}

function Existing({ id }: { id: string }) {
  const { scope } = usePlace()
  const query = useQuery(qTagged('/api/licenses/{licenseId}', { path: { licenseId: id }, query: scope }))
  return (
    <Loaded query={query} what="load the license" noun="license">
      {({ record, tag }) => (
        <Edit key={tag} license={record} tag={tag} reload={() => query.refetch({ throwOnError: true })} />
      )}
    </Loaded>
  )
}

function Edit({ license, tag, reload }: { license: License; tag: string; reload: () => Promise<unknown> }) {
  const { scope } = usePlace()
  const enterprises = useQuery(allOf('/api/enterprises')).data
  const capacity = useQuery(q('/api/licenses/capacity', { query: scope })).data
  const seats = capacity?.triples.find((one) => sameTriple(one, license))
  const names = namesOf(enterprises, license)
  const save = async (values: Terms, over: Tagged<License>) => {
    const params = { path: { licenseId: license.id }, query: scope, header: { 'If-Match': over.tag } }
    await send(
      api.PUT('/api/licenses/{licenseId}', {
        body: { ...contactOf(values), overCapacity: values.overCapacity === true },
        params,
      }),
    )
    notifyDone('The license is saved')
    await invalidate('/api/licenses/{licenseId}', ...CHANGES)
  }
  const form = useRecordForm<Terms, License>({
    tagged: { record: license, tag },
    valuesOf: termsOf,
    save,
    readNow: () => readNow(qTagged('/api/licenses/{licenseId}', { path: { licenseId: license.id }, query: scope })),
    what: 'save the license',
    fieldOf: { seats_in_use: 'numberOfUsers' },
  })
  const refused =
    useMay()('licenses_update').reason ??
    (license.builtIn ? 'It is the platform’s own and can’t be changed.' : undefined)
  return (
    <Page title={names.product && names.service ? `${names.product} / ${names.service}` : 'License'} up={UP}>
      <Stack gap="md">
        <OverCapacity scope={scope} of={license} />
        <Section title="Seats" intro="Of all licenses in force for this enterprise, product and service.">
          {seats ? <Seats used={seats.used} total={seats.seats} missing={seats.overCapacity?.by ?? 0} /> : '—'}
        </Section>
        <Section title="Terms">
          <FormShell form={form} act="Save" refused={refused} onReload={reload}>
            <TermsFields disabled={refused !== undefined} />
            {form.formState.errors.numberOfUsers && (
              <SwitchField
                name="overCapacity"
                label="Save anyway"
                description="Nobody gets a new seat. When the grace period is over, the least recently active users are refused."
              />
            )}
          </FormShell>
        </Section>
        <Section title="Details">
          <Facts
            of={[
              ['Enterprise', names.enterprise],
              ['Id', <CopyId id={license.id} what="license id" whole />],
              ['Grace period ends', formatDay(license.graceEndsOn)],
              ['Added', <At at={license.createdAt} />],
              ['Changed', <At at={license.updatedAt} />],
            ]}
          />
        </Section>
      </Stack>
    </Page>
  )
}
