// The accounts of the platform as cards: each with its latest run, its seats, and what ends soon.
import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight } from 'lucide-react'
import { type ReactNode, memo, useDeferredValue } from 'react'
import { type Params, qPage } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { count, words } from '../../format'
import { pages } from '../../paths'
import { ExpiringCount, RunEvidence, SeatsOf } from '../../ui/AccountEvidence'
import { isChanging } from '../../ui/accountState'
import { Empty } from '../../ui/Empty'
import { Loaded } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { useListState } from '../../ui/useListState'
import '../../ui/account.css'

type Account = components['schemas']['Account']
type Props = {
  query: NonNullable<Params<'/api/accounts'>['query']>
  filters: ReactNode
  filterKeys: string[]
  nothing: { text: string; action: ReactNode }
}

const A_PAGE = 12

export default function AccountCards({ query, filters, filterKeys, nothing }: Props) {
  const list = useListState()
  const accounts = useQuery({
    ...qPage('/api/accounts', {
      query: { ...query, limit: A_PAGE, ...(list.cursor ? { cursor: list.cursor } : {}) },
    }),
    refetchInterval: (state) => (state.state.data?.items.some((one) => isChanging(one.status)) ? 2_000 : 30_000),
  })
  const filtered = filterKeys.some((key) => list.search[key])
  const clear = () => list.filter(Object.fromEntries(filterKeys.map((key) => [key, undefined])))
  return (
    <>
      <Group component="search" gap="xs" align="flex-end" aria-label="Filter accounts">
        {filters}
      </Group>
      <Loaded query={accounts} what="list the accounts" rows={8}>
        {(page) =>
          page.items.length === 0 ? (
            <div className="card">
              {page.nextCursor ? (
                <Empty
                  title="No account matches so far"
                  action={
                    <Button size="xs" onClick={() => page.nextCursor && list.next(page.nextCursor)}>
                      Search on
                    </Button>
                  }
                >
                  The list is long, and is searched in parts.
                </Empty>
              ) : filtered ? (
                <Empty
                  title="No account matches"
                  action={
                    <Button size="xs" variant="default" onClick={clear}>
                      Clear the filters
                    </Button>
                  }
                >
                  Try a shorter name, or clear the filters.
                </Empty>
              ) : (
                <Empty title="No accounts yet" action={nothing.action}>
                  {nothing.text}
                </Empty>
              )}
            </div>
          ) : (
            <>
              <Cards accounts={page.items} busy={accounts.isFetching} />
              <Group justify="space-between">
                <Text size="xs" c="dimmed">
                  {list.page === undefined
                    ? 'A later page · '
                    : list.page > 1 || page.nextCursor
                      ? `Page ${list.page} · `
                      : ''}
                  {count(page.items.length, 'account')}
                </Text>
                {(page.nextCursor || list.cursor) && (
                  <Group gap={6}>
                    <Tooltip label={list.page === undefined ? 'First page' : 'Previous page'}>
                      <ActionIcon
                        variant="default"
                        aria-label={list.page === undefined ? 'First page' : 'Previous page'}
                        disabled={!list.cursor}
                        onClick={list.previous}
                      >
                        <ChevronLeft size={16} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                    <Tooltip label="Next page">
                      <ActionIcon
                        variant="default"
                        aria-label="Next page"
                        disabled={!page.nextCursor || accounts.isPlaceholderData}
                        onClick={() => page.nextCursor && list.next(page.nextCursor)}
                      >
                        <ChevronRight size={16} aria-hidden />
                      </ActionIcon>
                    </Tooltip>
                  </Group>
                )}
              </Group>
            </>
          )
        }
      </Loaded>
    </>
  )
}

/** The cards are drawn in the pauses of what is more urgent, such as typing into a filter. */
function Cards({ accounts, busy }: { accounts: Account[]; busy: boolean }) {
  const drawn = useDeferredValue(accounts, [])
  return (
    <ul className="cards" aria-label="Accounts" aria-busy={busy || drawn !== accounts}>
      {drawn.map((account) => (
        <AccountCard key={account.id} account={account} />
      ))}
    </ul>
  )
}

const AccountCard = memo(function AccountCard({ account }: { account: Account }) {
  const { id, name, status, degraded, cloudType } = account
  const gone = status === 'deleted'
  return (
    <li className="card account-card">
      <Text fw={600} size="sm" className="clip" component="div">
        <PlaceLink to={pages.account(id)} clip>
          {name}
        </PlaceLink>
      </Text>
      <Group gap="xs" fz={13}>
        <Status of={status} />
        {degraded && <Status of="degraded" />}
        <Text size="xs" c="dimmed" span>
          {words(cloudType)}
        </Text>
      </Group>
      {account.provisioning ? (
        <RunEvidence accountId={id} status={status} />
      ) : (
        <Text size="xs" c="dimmed">
          Built in
        </Text>
      )}
      {!gone && (
        <div className="account-card-end">
          <SeatsOf accountId={id} changing={isChanging(status)} />
          <ExpiringCount accountId={id} />
        </div>
      )}
    </li>
  )
})
