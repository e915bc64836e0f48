// Gives an account an administrator: the role from the preset, a group that gives it, and an invited user in the group.
import { List, Modal, SimpleGrid, Stack, Text } from '@mantine/core'
import { CircleCheck, CircleDashed } from 'lucide-react'
import { useState } from 'react'
import { api, intents, send } from '../../api/client'
import { invalidate, q, queries } from '../../api/queries'
import { useMay } from '../../app/rights'
import { today } from '../../format'
import { FormShell } from '../../ui/form'
import { notifyDone } from '../../ui/notify'
import { useServerForm } from '../../ui/serverForm'
import { EmailField, TextField } from '../../ui/textFields'

type Values = { firstName: string; lastName: string; email: string }

const ROLE = 'Account administrator'
const GROUP = 'Account administrators'
const STEPS = ['Create the role', 'Create the group', 'Add the user and send the invitation']

export default function InviteAdministrator({
  account,
  onClose,
}: {
  account: { id: string; name: string }
  onClose: () => void
}) {
  const may = useMay()
  const [intent] = useState(intents)
  const [done, setDone] = useState<number>()
  const form = useServerForm<Values>({
    defaults: { firstName: '', lastName: '', email: '' },
    what: 'invite the administrator',
    fieldOf: { email_taken: 'email' },
    submit: async (person) => {
      setDone(0)
      const accountId = account.id
      const licensed = await queries.fetchQuery({
        ...q('/api/licenses/licensed-entities', { query: { accountId } }),
        staleTime: 0,
      })
      const [license] = licensed.licenses
      if (!license) throw new Error('the account has no license; add one first')
      const { enterpriseId, productId, serviceId } = license
      // A retry finds what was made already.
      const roleId = await roleOf(accountId, enterpriseId)
      setDone(1)
      const groupId = await groupOf(accountId, enterpriseId, roleId)
      setDone(2)
      const body = {
        ...person,
        accountId,
        enterpriseId,
        productId,
        serviceId,
        startDate: today(),
        groupIds: [groupId],
      }
      await send(
        api.POST('/api/users/provision', { body, params: { header: { 'Idempotency-Key': intent.keyOf(body) } } }),
      )
      setDone(3)
      intent.done()
      await invalidate('/api/users', '/api/roles', '/api/groups', '/api/licenses/capacity')
      notifyDone(`Invited ${person.firstName} ${person.lastName} to ${account.name}`)
      onClose()
    },
  })
  const refused = may('users_provision').reason ?? may('groups_create').reason ?? may('roles_create').reason
  return (
    <Modal
      opened
      onClose={onClose}
      title={`Invite an administrator of ${account.name}`}
      size="lg"
      styles={{ title: { fontWeight: 600, overflowWrap: 'anywhere' } }}
    >
      <FormShell form={form} act="Invite" refused={refused} careless opened onCancel={onClose}>
        <Text size="sm" c="dimmed">
          They can do everything that the account allows, and take a seat of its first license.
        </Text>
        <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
          <TextField name="firstName" label="First name" required />
          <TextField name="lastName" label="Last name" required />
        </SimpleGrid>
        <EmailField name="email" label="E-mail address" required />
        {done !== undefined && <Steps done={done} />}
      </FormShell>
    </Modal>
  )
}

function Steps({ done }: { done: number }) {
  return (
    <Stack gap={4}>
      <List size="sm" center aria-label="Progress">
        {STEPS.map((step, place) => (
          <List.Item
            key={step}
            icon={
              <span className="status" data-tone={place < done ? 'good' : 'idle'}>
                {place < done ? <CircleCheck size={16} aria-hidden /> : <CircleDashed size={16} aria-hidden />}
              </span>
            }
          >
            {step}
            <span className="visually-hidden">{place < done ? ': done' : ': to do'}</span>
          </List.Item>
        ))}
      </List>
    </Stack>
  )
}

async function roleOf(accountId: string, enterpriseId: string): Promise<string> {
  const query = { accountId, enterpriseId, name: ROLE }
  const { items } = await queries.fetchQuery({ ...q('/api/roles', { query }), staleTime: 0 })
  const found = items.find((role) => role.name === ROLE)
  if (found) return found.id
  const body = { accountId, enterpriseId, name: ROLE, preset: 'administrator' as const }
  return (await send(api.POST('/api/roles', { body }))).id
}

async function groupOf(accountId: string, enterpriseId: string, roleId: string): Promise<string> {
  const query = { accountId, enterpriseId, name: GROUP }
  const { items } = await queries.fetchQuery({ ...q('/api/groups', { query }), staleTime: 0 })
  const found = items.find((group) => group.name === GROUP)
  if (!found) {
    return (await send(api.POST('/api/groups', { body: { accountId, enterpriseId, name: GROUP, roleIds: [roleId] } })))
      .id
  }
  const path = { groupId: found.id }
  const given = await queries.fetchQuery({
    ...q('/api/groups/{groupId}/roles', { path, query: { accountId, enterpriseId } }),
    staleTime: 0,
  })
  if (!given.items.some((role) => role.id === roleId)) {
    const roleIds = [...given.items.map((role) => role.id), roleId]
    await send(api.PUT('/api/groups/{groupId}/roles', { params: { path, query: { accountId } }, body: { roleIds } }))
  }
  return found.id
}
