// Changing an account's names and address.
import { Stack } from '@mantine/core'
import { useState } from 'react'
import { type Tagged, api, sendTagged } from '../../api/client'
import { invalidate, qTagged, readNow } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { AddressFields } from '../../ui/AddressFields'
import { TextField } from '../../ui/textFields'
import { FormShell } from '../../ui/form'
import { orNull, useRecordForm } from '../../ui/serverForm'
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

type Values = ReturnType<typeof valuesOf>

export function EditAccount({ account, tag, close }: { account: Account; tag: string; close: () => void }) {
  const { id } = account
  const [seen, setSeen] = useState<Tagged<Account>>({ record: account, tag })
  const save = async (values: Values, over: Tagged<Account>) => {
    const { address } = values
    await sendTagged(
      api.PUT('/api/accounts/{accountId}', {
        params: { path: { accountId: id }, header: { 'If-Match': over.tag } },
        body: { ...values, address: { ...address, line2: orNull(address.line2), state: orNull(address.state) } },
      }),
    )
    await invalidate('/api/accounts', '/api/accounts/{accountId}', '/api/users/me/access')
    notifyDone('The account is saved.')
    close()
  }
  const read = qTagged('/api/accounts/{accountId}', { path: { accountId: id } })
  const form = useRecordForm<Values, Account>({
    tagged: seen,
    valuesOf,
    save,
    readNow: () => readNow(read),
    what: 'save the account',
    fieldOf: { name_taken: 'name' },
  })
  const reload = async () => {
    const theirs = await readNow<Tagged<Account>>(read)
    setSeen(theirs)
    form.refuse(undefined)
    form.reset(valuesOf(theirs.record))
  }
  return (
    <FormShell form={form} opened act="Save" onCancel={close} onReload={reload}>
      <Section title="Details">
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
