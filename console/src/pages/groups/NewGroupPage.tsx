// A new group, with the roles that it gives.
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { api, intents, send } from '../../api/client'
import { invalidate } from '../../api/queries'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { NO_ENTERPRISE, pages, placePath } from '../../paths'
import { LongTextField } from '../../ui/fields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useServerForm } from '../../ui/serverForm'
import { LinkedField } from '../../ui/LinkedField'
import { notifyDone } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'

type Values = { name: string; description: string; roleIds: string[] }
/** The server's bound. */
export const MAX_ROLES = 40

export default function NewGroupPage() {
  const place = usePlace()
  const navigate = useNavigate()
  const may = useMay()
  const [intent] = useState(intents)
  const form = useServerForm<Values>({
    defaults: { name: '', description: '', roleIds: [] },
    what: 'create the group',
    fieldOf: { name_taken: 'name' },
    fieldAt: (pointer) => (pointer.startsWith('/roleIds') ? 'roleIds' : (pointer.slice(1) as keyof Values)),
    submit: async ({ name, description, roleIds }) => {
      const { accountId, enterpriseId } = place
      const body = { accountId, enterpriseId, name, description: orNull(description), roleIds }
      const header = { 'Idempotency-Key': intent.keyOf(body) }
      const group = await send(api.POST('/api/groups', { body, params: { header } }))
      intent.done()
      notifyDone(`Created the group ${group.name}`)
      void invalidate('/api/groups')
      await navigate({ to: placePath(place, pages.group(group.id)) })
    },
  })
  const homeless = place.enterpriseId === NO_ENTERPRISE
  const refused =
    may('groups_create').reason ??
    (homeless ? 'This account has no enterprise yet. It gets one with its first license.' : undefined)
  return (
    <Page title="Create group" up={[{ label: 'Groups', to: pages.groups }]}>
      <Section>
        <FormShell
          form={form}
          act="Create group"
          refused={refused}
          onCancel={() => void navigate({ to: placePath(place, pages.groups) })}
        >
          <TextField name="name" label="Name" required description="Unique in this enterprise." />
          <LongTextField name="description" label="Description" />
          <LinkedField
            name="roleIds"
            label="Roles"
            description="What the members of the group get. You can give roles that hold no more than you do."
            placeholder="Choose roles"
            nothing="There is no role of that name"
            most={MAX_ROLES}
            path="/api/roles"
            params={{ query: place.scope }}
            operation="roles_list"
            disabled={homeless}
          />
        </FormShell>
      </Section>
    </Page>
  )
}
