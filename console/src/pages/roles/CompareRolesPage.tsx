// Two roles, or a role and a preset, side by side: the rights that one gives and the other does not.
import { Group, Select, SimpleGrid, Switch, Text } from '@mantine/core'
import '@mantine/core/styles/Switch.layer.css'
import { useQuery } from '@tanstack/react-query'
import { Check, Minus } from 'lucide-react'
import { useState } from 'react'
import { q, qAll } from '../../api/queries'
import type { MenuPermission } from '../../app/permissions'
import { rightName } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { count } from '../../format'
import { pages } from '../../paths'
import { Empty } from '../../ui/Empty'
import { Loaded, Page, Section } from '../../ui/Page'
import { ScrollBox } from '../../ui/ScrollBox'
import { useListState } from '../../ui/useListState'
import { type ComparedRight, compared } from './compare'
import { grantsOf } from './matrix'

type Side = { name: string; mask: number; permissions: MenuPermission[] }

const PRESET = 'preset:'
const WHOLE = 0x7fff

export default function CompareRolesPage() {
  const { search, filter } = useListState()
  const choices = useChoices()
  const one = useSide(search.one)
  const two = useSide(search.two)
  const select = (key: 'one' | 'two', label: string) => (
    <Select
      label={label}
      placeholder="Choose a role or a preset"
      data={choices}
      value={search[key] ?? null}
      onChange={(value) => filter({ [key]: value ?? undefined })}
      searchable
      nothingFoundMessage="No role or preset has this name"
    />
  )
  return (
    <Page
      title="Compare roles"
      intro="What one role permits and the other does not, within the limits of each."
      up={[{ label: 'Roles', to: pages.roles }]}
    >
      <Section>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {select('one', 'First role')}
          {select('two', 'Second role')}
        </SimpleGrid>
      </Section>
      {search.one && search.two ? (
        <Loaded query={one} what="load the first role" noun="role">
          {(first) => (
            <Loaded query={two} what="load the second role" noun="role">
              {(second) => <Compared one={first} two={second} />}
            </Loaded>
          )}
        </Loaded>
      ) : (
        <div className="card">
          <Empty title="Choose two roles">Presets can be compared, too.</Empty>
        </div>
      )}
    </Page>
  )
}

function useChoices() {
  const { scope } = usePlace()
  const roles = useQuery(qAll('/api/roles', { query: scope })).data ?? []
  const presets = useQuery(q('/api/role-presets')).data?.items ?? []
  return [
    { group: 'Roles', items: roles.map((role) => ({ value: role.id, label: role.name })) },
    {
      group: 'Presets',
      items: presets.map((one) => ({ value: `${PRESET}${one.preset}`, label: `${one.name} (preset)` })),
    },
  ]
}

/** A role with its permissions, or a preset. */
function useSide(chosen: string | undefined) {
  const { scope } = usePlace()
  const preset = chosen?.startsWith(PRESET) ? chosen.slice(PRESET.length) : undefined
  const presets = q('/api/role-presets')
  const role = q('/api/roles/{roleId}', { path: { roleId: chosen ?? '' }, query: scope })
  const permissions = q('/api/roles/{roleId}/permissions', { path: { roleId: chosen ?? '' }, query: scope })
  return useQuery({
    queryKey: ['/api/roles', 'compared', chosen, scope] as const,
    enabled: chosen !== undefined,
    queryFn: async ({ client }): Promise<Side> => {
      if (preset !== undefined) {
        const found = (await client.fetchQuery(presets)).items.find((one) => one.preset === preset)
        return { name: found?.name ?? preset, mask: WHOLE, permissions: found?.permissions ?? [] }
      }
      const [{ name, mask }, given] = await Promise.all([client.fetchQuery(role), client.fetchQuery(permissions)])
      return { name, mask, permissions: given.permissions }
    },
  })
}

function Compared({ one, two }: { one: Side; two: Side }) {
  const [all, setAll] = useState(false)
  const rights = compared(
    { grants: grantsOf(one.permissions), mask: one.mask },
    { grants: grantsOf(two.permissions), mask: two.mask },
  )
  const different = rights.filter((right) => right.one !== right.two)
  const shown = all ? rights : different
  return (
    <Section
      title={different.length === 0 ? 'Both permit the same' : count(different.length, 'difference')}
      actions={
        <Switch
          size="xs"
          label="Show also what both permit"
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      }
      flush
    >
      {shown.length === 0 ? (
        <Text size="sm" c="dimmed" px="md" pb="md">
          {rights.length === 0 ? 'Neither permits anything.' : 'Every right of one is a right of the other.'}
        </Text>
      ) : (
        <ScrollBox label="Table of compared rights">
          <table className="data-table">
            <thead>
              <tr>
                <th scope="col">Right</th>
                <th scope="col">{one.name}</th>
                <th scope="col">{two.name}</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((right) => (
                <ComparedRow key={right.key} of={right} names={[one.name, two.name]} />
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
    </Section>
  )
}

function ComparedRow({ of, names }: { of: ComparedRight; names: [string, string] }) {
  return (
    <tr>
      <td data-column="Right">{rightName(of.verb, of.row)}</td>
      <td data-column={names[0]}>
        <YesNo yes={of.one} />
      </td>
      <td data-column={names[1]}>
        <YesNo yes={of.two} />
      </td>
    </tr>
  )
}

function YesNo({ yes }: { yes: boolean }) {
  return (
    <Group component="span" gap={6} wrap="nowrap" c={yes ? undefined : 'dimmed'}>
      {yes ? <Check size={14} aria-hidden /> : <Minus size={14} aria-hidden />}
      {yes ? 'Yes' : 'No'}
    </Group>
  )
}
