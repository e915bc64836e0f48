// What a role permits: edited as one, saved as one, after a look at what changes.
import { Alert, Button, Group, List, Modal, Stack, Switch, Text } from '@mantine/core'
import '@mantine/core/styles/Switch.layer.css'
import { useQuery } from '@tanstack/react-query'
import { Info } from 'lucide-react'
import { useState } from 'react'
import { ApiError } from '../../api/problem'
import { api, sendTagged, type Tagged } from '../../api/client'
import { invalidate, qTagged, queries } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import type { MenuPermission } from '../../app/permissions'
import { usePlace } from '../../app/place'
import { permissionsQuery, useMay } from '../../app/rights'
import { count } from '../../format'
import { ActionButton } from '../../ui/ActionButton'
import { Effect, confirmationOf } from '../../ui/Effect'
import { Failure } from '../../ui/Failure'
import { LeaveGuard } from '../../ui/form'
import { Meanwhile } from '../../ui/serverForm'
import { notifyDone } from '../../ui/notify'
import { Loaded, Section } from '../../ui/Page'
import {
  type Difference,
  type Grants,
  type Shows,
  differences,
  excess,
  grantsOf,
  hiddenCount,
  permissionsOf,
  rebased,
} from './matrix'
import { Legend, Matrix } from './Matrix'
import { isUsed } from './used'

type Role = components['schemas']['Role']
type Permissions = Tagged<components['schemas']['RolePermissions']>

const INTRO = 'What members of the role’s groups can see and do. Changes are kept here until you save them all at once.'

export function PermissionSection({ role, refused }: { role: Role; refused?: string | undefined }) {
  const { scope } = usePlace()
  const read = qTagged('/api/roles/{roleId}/permissions', { path: { roleId: role.id }, query: scope })
  const permissions = useQuery(read)
  const own = useQuery(permissionsQuery)
  return (
    <Section title="Permissions" intro={INTRO}>
      <Loaded query={own} what="load your own rights">
        {(mine) => (
          <Loaded query={permissions} what="load what the role permits" rows={12}>
            {(tagged) => (
              <Editor
                role={role}
                tagged={tagged}
                own={mine}
                refused={refused}
                reload={() => queries.fetchQuery({ ...read, staleTime: 0 })}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </Section>
  )
}

type Base = { grants: Grants; tag: string }
const baseOf = ({ record, tag }: Permissions): Base => ({ grants: grantsOf(record.permissions), tag })

function Editor({
  role,
  tagged,
  own,
  refused,
  reload,
}: {
  role: Role
  tagged: Permissions
  own: { mask: number; menus: MenuPermission[] }
  refused: string | undefined
  reload: () => Promise<Permissions>
}) {
  const may = useMay()
  const { scope } = usePlace()
  const [base, setBase] = useState(() => baseOf(tagged))
  const [draft, setDraft] = useState(base.grants)
  const [asking, setAsking] = useState(false)
  // What somebody else saved while this was edited.
  const [theirs, setTheirs] = useState<string[]>()
  const [all, setAll] = useState(false)
  // An operator's role has rights that no tenant is asked for.
  const shows: Shows = all || role.kind === 'platform' ? () => true : isUsed
  const hidden = hiddenCount(draft, isUsed)
  const changes = differences(base.grants, draft)
  const take = (one: Base) => {
    setBase(one)
    setDraft(one.grants)
    setTheirs(undefined)
  }
  // What is fetched anew is taken over as long as there is nothing to lose; else the save finds out, and asks.
  if (tagged.tag !== base.tag && changes.length === 0) take(baseOf(tagged))

  const held = grantsOf(own.menus)
  const beyond = (role.mask & ~own.mask) !== 0
  const fixed =
    may('roles_set_permissions').reason ??
    refused ??
    (beyond ? 'The limits of this role reach further than your own, so you can’t change what it permits.' : undefined)
  const foreign = fixed ? [] : excess(draft, role.mask, held)

  // The dialog then shows the changes against what is stored now, and the next save sends those alone.
  const rebase = async () => {
    const stored = baseOf(await reload())
    const merged = rebased(base.grants, draft, stored.grants)
    if (differences(stored.grants, merged).length === 0) {
      take(stored)
      setAsking(false)
      notifyDone(`Somebody else has saved the same changes to ${role.name}`)
      return
    }
    setTheirs([...(theirs ?? []), ...lines(differences(base.grants, stored.grants))])
    setBase(stored)
    setDraft(merged)
  }

  const save = async (confirm?: string) => {
    const query = { ...scope, ...(confirm ? { confirm } : {}) }
    const saved = await sendTagged(
      api.PUT('/api/roles/{roleId}/permissions', {
        params: { path: { roleId: role.id }, query, header: { 'If-Match': base.tag } },
        body: { permissions: permissionsOf(draft, own.menus) },
      }),
    )
    queries.setQueryData(
      qTagged('/api/roles/{roleId}/permissions', { path: { roleId: role.id }, query: scope }).queryKey,
      saved,
    )
    take(baseOf(saved))
    setAsking(false)
    notifyDone(`Saved ${count(changes.length, 'change')} to ${role.name}`)
    void invalidate('/api/roles/{roleId}/permissions', '/api/users/{userId}/permissions', '/api/users/me/permissions')
  }

  return (
    <Stack gap="sm">
      {fixed && (
        <Alert variant="light" color="gray" icon={<Info size={18} aria-hidden />} py="xs">
          {fixed}
        </Alert>
      )}
      {foreign.length > 0 && <Foreign rights={foreign} />}
      <Group justify="space-between" gap="xs">
        <Legend />
        <Switch
          size="xs"
          label="Show rights that no page uses yet"
          description={hidden > 0 ? `The role gives ${count(hidden, 'of them', 'of them')}.` : undefined}
          checked={all}
          onChange={(event) => setAll(event.currentTarget.checked)}
        />
      </Group>
      <Matrix
        shows={shows}
        grants={draft}
        mask={role.mask}
        held={held}
        fixed={fixed}
        changed={new Set(changes.map((one) => one.key))}
        onChange={setDraft}
      />
      <Group justify="space-between" gap={6} className="save-bar">
        <Text
          size="sm"
          component="output"
          fw={changes.length > 0 ? 600 : 400}
          c={changes.length > 0 ? undefined : 'dimmed'}
        >
          {changes.length === 0 ? 'No unsaved changes' : count(changes.length, 'unsaved change')}
        </Text>
        <Group gap="xs" wrap="nowrap">
          <Button variant="default" disabled={changes.length === 0} onClick={() => setDraft(base.grants)}>
            Discard
          </Button>
          <ActionButton
            operation="roles_set_permissions"
            refused={refusal(fixed, changes.length, foreign.length)}
            onClick={() => setAsking(true)}
          >
            Review and save
          </ActionButton>
        </Group>
      </Group>
      <Modal
        opened={asking}
        onClose={() => setAsking(false)}
        title={`Save ${count(changes.length, 'change')} to ${role.name}`}
        styles={{ title: { fontWeight: 600, overflowWrap: 'anywhere' } }}
      >
        {asking && (
          <Review
            changes={lines(changes)}
            theirs={theirs}
            save={async (confirm) => {
              try {
                await save(confirm)
              } catch (error) {
                if (!(error instanceof ApiError && error.status === 412)) throw error
                await rebase()
              }
            }}
            reload={async () => {
              take(baseOf(await reload()))
              setAsking(false)
            }}
            onClose={() => setAsking(false)}
          />
        )}
      </Modal>
      <LeaveGuard dirty={changes.length > 0} keeps="The changes to what this role permits would be lost." />
    </Stack>
  )
}

function lines(changes: Difference[]): string[] {
  return changes.map((one) => `${one.sign} ${one.right}`)
}

function refusal(fixed: string | undefined, changes: number, foreign: number): string | undefined {
  if (fixed) return fixed
  if (changes === 0) return 'Nothing has been changed yet.'
  return foreign > 0 ? 'The role gives rights that you do not hold. Take them away first.' : undefined
}

const SHOWN = 5

function Foreign({ rights }: { rights: string[] }) {
  return (
    <Alert
      color="yellow"
      icon={<Info size={18} aria-hidden />}
      title={`This role gives ${count(rights.length, 'right')} that you do not hold yourself`}
      styles={{ title: { color: 'var(--mantine-color-text)' } }}
    >
      <Text size="sm">
        Nobody passes on more than they hold: you can save changes once these are taken away, or ask somebody who holds
        them.
      </Text>
      <List size="sm">
        {rights.slice(0, SHOWN).map((right) => (
          <List.Item key={right}>{right}</List.Item>
        ))}
        {rights.length > SHOWN && <List.Item>{rights.length - SHOWN} more</List.Item>}
      </List>
    </Alert>
  )
}

type ReviewProps = {
  /** Against what is stored. */
  changes: string[]
  /** What somebody else has changed since the page was loaded. It stays. */
  theirs: string[] | undefined
  /** Saves; if somebody else was faster, shows the changes against what they saved. */
  save: (confirm?: string) => Promise<void>
  reload: () => Promise<void>
  onClose: () => void
}

/** What is going to change, line by line, before it does. */
function Review({ changes, theirs, save, reload, onClose }: ReviewProps) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const attempt = (act: () => Promise<void>) => async () => {
    setBusy(true)
    setError(undefined)
    try {
      await act()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  const meanwhile = theirs !== undefined
  const confirmation = confirmationOf(error)
  return (
    <Stack gap="sm">
      <Text size="sm">Everybody who has this role is affected at once.</Text>
      <Changes of={changes} label="Changes" />
      {theirs && (
        <Meanwhile onReload={attempt(reload)} onOverwrite={attempt(() => save())}>
          <Text size="sm">They changed, and you keep:</Text>
          <Changes of={theirs} label="Their changes" />
        </Meanwhile>
      )}
      {error !== undefined &&
        (confirmation ? <Effect error={error} /> : <Failure what="save what the role permits" error={error} />)}
      <Group justify="flex-end" gap="xs">
        <Button variant="default" onClick={onClose}>
          Back
        </Button>
        <Button loading={busy} onClick={attempt(() => save(confirmation))} disabled={meanwhile}>
          Save {count(changes.length, 'change')} {confirmation && 'all the same'}
        </Button>
      </Group>
    </Stack>
  )
}

function Changes({ of, label }: { of: string[]; label: string }) {
  return (
    <ul className="diff" aria-label={label}>
      {of.map((change) => (
        <li key={change} data-sign={change.startsWith('+') ? 'plus' : 'minus'}>
          {change}
        </li>
      ))}
    </ul>
  )
}
