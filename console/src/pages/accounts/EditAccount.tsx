// Changing an account's names and address.
import { Stack } from '@mantine/core'
import { useState } from 'react'
import { api, sendTagged } from '../../api/client'
import { invalidate, qTagged, queries } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { AddressFields } from '../../ui/AddressFields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, trimmed, useServerForm } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Section } from '../../ui/Page'

type Account = components['schemas']['Account']

function valuesOf({ name, masterAccountName, address }: Account) {
  return {
    name,
    masterAccountName,
    address: { ...address, line2: address.line2 ?? '', state: address.state ?? '' },
  }
}

export function EditAccount({ account, tag, close }: { account: Account; tag: string; close: () => void }) {
  const { id } = account
  const [seen, setSeen] = useState(tag)
  const save = async (values: ReturnType<typeof valuesOf>, version: string) => {
    const { address } = values
    await sendTagged(
      api.PUT('/api/accounts/{accountId}', {
        params: { path: { accountId: id }, header: { 'If-Match': version } },
        body: { ...values, address: { ...address, line2: orNull(address.line2), state: orNull(address.state) } },
      }),
    )
    await invalidate('/api/accounts', '/api/accounts/{accountId}', '/api/users/me/access')
    notifyDone('The account is saved.')
    close()
  }
  const form = useServerForm({
    defaults: valuesOf(account),
    what: 'save the account',
    fieldOf: { name_taken: 'name' },
    submit: (values) => save(values as ReturnType<typeof valuesOf>, seen),
  })
  const theirs = () =>
    queries.fetchQuery({ ...qTagged('/api/accounts/{accountId}', { path: { accountId: id } }), staleTime: 0 })
  const reload = async () => {
    const { record, tag: now } = await theirs()
    setSeen(now)
    form.refuse(undefined)
    form.reset(valuesOf(record))
  }
  const overwrite = async () => {
    const { tag: now } = await theirs()
    setSeen(now)
    // What is typed stays; it is sent once more, over what is there now.
    try {
      await save(trimmed(form.getValues()), now)
    } catch (error) {
      form.refuse(error)
    }
  }
  return (
    <FormShell form={form} opened act="Save" onCancel={close} onReload={reload} onOverwrite={overwrite}>
      <Section title="Facts">
        <Stack gap="sm" maw={640}>
          <TextField name="name" label="Account name" required />
          <TextField name="masterAccountName" label="Master account name" required />
        </Stack>
      </Section>
      <Section title="Address">
        <div style={{ maxWidth: 640 }}>
          <AddressFields country={account.address.country} />
        </div>
      </Section>
    </FormShell>
  )
}
