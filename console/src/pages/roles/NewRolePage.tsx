// A new role: from a preset, as a copy of another role, or with nothing yet. What it permits is edited on its own page.
import { SimpleGrid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { useFormContext, useWatch } from 'react-hook-form'
import { api, intents, send } from '../../api/client'
import { type Answer, type Item, invalidate, q } from '../../api/queries'
import { type MenuPermission, WHOLE_MASK } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { permissionsQuery, useMay } from '../../app/rights'
import { NO_ENTERPRISE, pages, placePath } from '../../paths'
import { LongTextField, RadioField, SelectField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Page, Section } from '../../ui/Page'
import { MaskField } from './MaskField'

type Preset = Item<'/api/role-presets'>
type Values = {
  start: string
  name: string
  description: string
  productId: string
  serviceId: string
  mask: number
}
/** The role that is duplicated. */
type Original = { role: Answer<'/api/roles/{roleId}'>; permissions: MenuPermission[] }

const NOTHING = 'nothing'

export default function NewRolePage() {
  const { from }: { from?: string } = useSearch({ strict: false })
  return from ? <Duplicate id={from} /> : <NewRole />
}

function NewRole() {
  const own = useQuery(permissionsQuery)
  const presets = useQuery(q('/api/role-presets'))
  return (
    <Page title="Create role" up={[{ label: 'Roles', to: pages.roles }]}>
      <Loaded query={own} what="load your own rights">
        {(mine) => (
          <Loaded query={presets} what="load the presets" rows={8}>
            {({ items }) => <RoleForm own={mine.mask} presets={items} />}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function Duplicate({ id }: { id: string }) {
  const { scope } = usePlace()
  const own = useQuery(permissionsQuery)
  const role = useQuery(q('/api/roles/{roleId}', { path: { roleId: id }, query: scope }))
  const permissions = useQuery(q('/api/roles/{roleId}/permissions', { path: { roleId: id }, query: scope }))
  const name = role.data?.name ?? 'role'
  return (
    <Page
      title={`Duplicate ${name}`}
      intro="A new role with the same permissions. Later changes to one do not change the other."
      up={[{ label: 'Roles', to: pages.roles }]}
    >
      <Loaded query={own} what="load your own rights">
        {(mine) => (
          <Loaded query={role} what="load the role" noun="role">
            {(original) => (
              <Loaded query={permissions} what="load what the role permits">
                {(given) => (
                  <RoleForm
                    own={mine.mask}
                    presets={[]}
                    original={{ role: original, permissions: given.permissions }}
                  />
                )}
              </Loaded>
            )}
          </Loaded>
        )}
      </Loaded>
    </Page>
  )
}

function RoleForm({ own, presets, original }: { own: number; presets: Preset[]; original?: Original }) {
  const place = usePlace()
  const navigate = useNavigate()
  const may = useMay()
  const [intent] = useState(intents)
  const homeless = place.enterpriseId === NO_ENTERPRISE
  const form = useServerForm<Values>({
    defaults: {
      start: NOTHING,
      name: original ? `${original.role.name} copy` : '',
      description: original?.role.description ?? '',
      productId: original?.role.productId ?? '',
      serviceId: original?.role.serviceId ?? '',
      mask: (original?.role.mask ?? WHOLE_MASK) & own & WHOLE_MASK,
    },
    what: 'create the role',
    fieldOf: { name_taken: 'name' },
    submit: async ({ start, name, description, productId, serviceId, mask }) => {
      const preset = presets.find((one) => one.preset === start)?.preset
      const body = {
        accountId: place.accountId,
        enterpriseId: place.enterpriseId,
        name,
        description: orNull(description),
        productId: orNull(productId),
        serviceId: orNull(serviceId),
        mask,
        ...(preset ? { preset } : {}),
        ...(original ? { permissions: original.permissions } : {}),
      }
      const header = { 'Idempotency-Key': intent.keyOf(body) }
      const role = await send(api.POST('/api/roles', { body, params: { header } }))
      intent.done()
      notifyDone(`Created the role ${role.name}`)
      void invalidate('/api/roles')
      await navigate({ to: placePath(place, pages.role(role.id)) })
    },
  })
  const refused =
    may('roles_create').reason ??
    (homeless ? 'This account has no enterprise yet. It gets one with its first license.' : undefined)
  return (
    <Section>
      <FormShell
        form={form}
        act="Create role"
        refused={refused}
        onCancel={() => void navigate({ to: placePath(place, pages.roles) })}
      >
        {!original && <StartField presets={presets} />}
        <TextField name="name" label="Name" required description="Unique in this enterprise." />
        <LongTextField name="description" label="Description" />
        {!homeless && <LimitFields enterpriseId={place.enterpriseId} />}
        <MaskField name="mask" own={own} />
      </FormShell>
    </Section>
  )
}

/** Where the role starts from. A preset also proposes its name and description, while nothing else was typed. */
function StartField({ presets }: { presets: Preset[] }) {
  const { getValues, setValue } = useFormContext<Values>()
  const propose = (start: string) => {
    const preset = presets.find((one) => one.preset === start)
    for (const [field, proposals, next] of [
      ['name', presets.map((one) => one.name), preset?.name ?? ''],
      ['description', presets.map((one) => one.summary), preset?.summary ?? ''],
    ] as const) {
      const typed = getValues(field)
      if (typed === '' || proposals.includes(typed)) setValue(field, next, { shouldDirty: true })
    }
  }
  return (
    <RadioField
      name="start"
      label="Permissions to start with"
      description="You can change them after the role is created."
      onPick={propose}
      choices={[
        ...presets.map((one) => ({ value: one.preset, label: one.name, description: one.summary })),
        { value: NOTHING, label: 'No permissions', description: 'Grant rights one by one.' },
      ]}
    />
  )
}

/** A role can be limited to one product, and to one service of it. */
function LimitFields({ enterpriseId }: { enterpriseId: string }) {
  const enterprise = useQuery(q('/api/enterprises/{enterpriseId}', { path: { enterpriseId } }))
  const productId = useWatch({ name: 'productId' }) as string
  const products = enterprise.data?.products ?? []
  const services = products
    .filter((one) => !productId || one.id === productId)
    .flatMap((one) => one.services)
    .filter((one, place, all) => all.findIndex((other) => other.id === one.id) === place)
  const choice = (one: { id: string; name: string }) => ({ value: one.id, label: one.name })
  return (
    <SimpleGrid cols={{ base: 1, sm: 2 }}>
      <SelectField
        name="productId"
        label="Product"
        description="Limits the role to one product."
        choices={products.map(choice)}
        placeholder="All products"
        clearable
      />
      <SelectField
        name="serviceId"
        label="Service"
        description="Limits the role to one service of the product."
        choices={services.map(choice)}
        placeholder="All services"
        clearable
      />
    </SimpleGrid>
  )
}
