// The audit log: who did what to which record, chained so that a change to it shows.
import { Alert, Button, Menu, Modal, Text } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Download, Eye, Filter, ShieldCheck } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { type Item, everything, q, queries } from '../../api/queries'
import { actions as ACTIONS } from '../../api/actions.gen'
import { useMay } from '../../app/rights'
import { count, formatTime, words } from '../../format'
import { ActionButton } from '../../ui/ActionButton'
import { CopyId } from '../../ui/Copy'
import { CellButton, DataTable } from '../../ui/DataTable'
import { Facts } from '../../ui/Facts'
import { Explanation } from '../../ui/Failure'
import { ChoiceFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { At } from '../../ui/Time'
import { notifyDone, notifyFailure } from '../../ui/notify'
import { useListState } from '../../ui/useListState'
import { EntryChanges } from './EntryChanges'
import { type Format, MOST_EXPORTED, authorName, download, exported, outcomeName } from './auditExport'

type Entry = Item<'/api/audit'>

type Props = { title: string; accountId: string; filter?: ReactNode }

/** `filter` chooses the account, where the page is of more than one. */
export function AuditLog({ title, accountId, filter: accountFilter }: Props) {
  const { search, filter } = useListState()
  const [shown, setShown] = useState<Entry>()
  const may = useMay()
  const people = useQuery({
    ...q('/api/users', { query: { accountId, limit: 200 } }),
    enabled: may('users_list').allowed,
  }).data
  const authors = (people?.items ?? []).map((one) => ({ value: one.id, label: one.email }))
  if (search.userId && !authors.some((one) => one.value === search.userId)) {
    authors.push({ value: search.userId, label: `User ${search.userId.slice(0, 8)}…` })
  }
  const wanted = {
    accountId,
    ...(search.action ? { action: search.action } : {}),
    ...(search.userId ? { userId: search.userId } : {}),
  }
  const whole = may('audit_list_all').allowed
  const path = whole ? '/api/audit/account' : '/api/audit'
  return (
    <Page
      title={title}
      intro={`Every change, sign-in and refusal in ${whole ? 'this account' : 'your enterprise'}, by whom and from which request. Entries are chained by hash: none can be altered or taken out unnoticed.`}
      actions={
        <>
          <Verify accountId={accountId} />
          <Export path={path} wanted={wanted} />
        </>
      }
    >
      <DataTable
        noun={['entry', 'entries']}
        path={path}
        params={{ query: wanted }}
        idOf={(entry) => entry.id}
        nameOf={(entry) => `${entry.action} at ${formatTime(entry.at)}`}
        columns={[
          { header: 'When', cell: (entry) => <At at={entry.at} /> },
          {
            header: 'Action',
            cell: (entry) => <CellButton onClick={() => setShown(entry)}>{words(entry.action)}</CellButton>,
          },
          { header: 'Outcome', cell: (entry) => outcomeName(entry) },
          { header: 'By', cell: (entry) => <span title={authorName(entry)}>{authorName(entry)}</span> },
          { header: 'Of', cell: (entry) => (entry.target ? words(entry.target.kind.toLowerCase()) : '—') },
          {
            header: 'Name',
            cell: (entry) => <span title={entry.targetName ?? undefined}>{entry.targetName ?? '—'}</span>,
          },
          { header: 'Id', cell: (entry) => (entry.target ? <CopyId id={entry.target.id} what="target id" /> : '—') },
          {
            header: 'Chain',
            cell: (entry) => (entry.seal ? `#${entry.seal.sequence}` : 'Being sealed'),
            align: 'number',
          },
        ]}
        actions={(entry) => {
          const { author } = entry
          return [
            { label: 'Show', icon: <Eye size={14} aria-hidden />, onClick: () => setShown(entry) },
            ...(author.kind === 'user'
              ? [
                  {
                    label: 'Only this person’s',
                    icon: <Filter size={14} aria-hidden />,
                    onClick: () => filter({ userId: author.id }),
                  },
                ]
              : []),
            {
              label: 'Only this action',
              icon: <Filter size={14} aria-hidden />,
              onClick: () => filter({ action: entry.action }),
            },
          ]
        }}
        filters={
          <>
            {accountFilter}
            <ChoiceFilter name="action" label="Action" choices={choicesOf(search.action)} />
            <ChoiceFilter name="userId" label="By" choices={authors} />
          </>
        }
        filterKeys={['action', 'userId']}
        nothing={{ text: 'Nothing has been changed in this account yet.' }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title="Audit entry"
        size="lg"
        styles={{ title: { fontWeight: 600 } }}
      >
        {shown && (
          <>
            <Facts
              of={[
                ['Action', <span className="mono">{shown.action}</span>],
                ['When', <At at={shown.at} />],
                ['By', authorName(shown)],
                ['Of', shown.targetName ?? words(shown.target?.kind.toLowerCase() ?? '—')],
                ['Id', shown.target ? <CopyId id={shown.target.id} what="target id" whole /> : '—'],
                ['Outcome', outcomeName(shown)],
                ['Reason', shown.reason ? <span className="mono">{shown.reason}</span> : '—'],
                [
                  'Enterprise',
                  shown.enterpriseId ? <CopyId id={shown.enterpriseId} what="enterprise id" whole /> : '—',
                ],
                ['Request id', shown.requestId ? <CopyId id={shown.requestId} what="request id" whole /> : '—'],
                ['Entry id', <CopyId id={shown.id} what="entry id" whole />],
                ['Place in the chain', shown.seal ? `#${shown.seal.sequence}` : 'Being sealed'],
                ['Hash', shown.seal ? <CopyId id={shown.seal.hash} what="hash" /> : '—'],
              ]}
            />
            <EntryChanges entry={shown} />
          </>
        )}
      </Modal>
    </Page>
  )
}

function choicesOf(asked: string | undefined) {
  const all = asked && !ACTIONS.includes(asked) ? [...ACTIONS, asked] : ACTIONS
  return all.map((action) => ({ value: action, label: words(action) }))
}

function Verify({ accountId }: { accountId: string }) {
  const check = useMutation({
    mutationFn: () => queries.fetchQuery({ ...q('/api/audit/verify', { query: { accountId } }), staleTime: 0 }),
  })
  return (
    <>
      <ActionButton
        variant="default"
        operation="audit_check"
        loading={check.isPending}
        leftSection={<ShieldCheck size={14} aria-hidden />}
        onClick={() => check.mutate()}
      >
        Verify the chain
      </ActionButton>
      <Modal
        opened={check.isSuccess || check.isError}
        onClose={check.reset}
        title="The chain of the audit log"
        styles={{ title: { fontWeight: 600 } }}
      >
        {check.data && (
          <Alert
            color={check.data.valid ? 'teal' : 'red'}
            title={check.data.valid ? 'The chain is whole' : 'The chain is broken'}
            styles={{ title: { color: 'var(--mantine-color-text)' } }}
          >
            <Text size="sm">
              {check.data.valid
                ? `${count(check.data.entries, 'entry', 'entries')} checked, each against the one before it.`
                : `The first entry that does not fit: ${check.data.broken ?? 'unknown'}. Somebody has changed the log past the product; compare it with a backup.`}
            </Text>
          </Alert>
        )}
        {check.error && <Explanation error={check.error} />}
      </Modal>
    </>
  )
}

function Export({
  path,
  wanted,
}: {
  path: '/api/audit' | '/api/audit/account'
  wanted: { accountId: string; action?: string; userId?: string }
}) {
  const [soFar, setSoFar] = useState<number>()
  const run = async (format: Format) => {
    setSoFar(0)
    try {
      const { items, complete } = await everything(path, { query: wanted }, MOST_EXPORTED, setSoFar)
      download(exported(items, format), `audit-${wanted.accountId}.${format}`, format)
      const said = count(items.length, 'entry', 'entries')
      notifyDone(complete ? `${said} exported` : `The latest ${said} exported; narrow the list for older ones`)
    } catch (error) {
      notifyFailure('export the audit log', error)
    } finally {
      setSoFar(undefined)
    }
  }
  return (
    <Menu>
      <Menu.Target>
        <Button variant="default" disabled={soFar !== undefined} leftSection={<Download size={14} aria-hidden />}>
          {soFar === undefined ? 'Export' : `${count(soFar, 'entry', 'entries')} so far`}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>What the list shows, all pages</Menu.Label>
        <Menu.Item onClick={() => void run('csv')}>As CSV</Menu.Item>
        <Menu.Item onClick={() => void run('jsonl')}>As JSON lines</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
