// All accounts at a glance: where each stands, by the evidence of its latest run, its seats, and what ends soon.
import { ActionIcon, Button, Group, Text, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { memo, useDeferredValue } from 'react'
import { ArrowRightLeft, ChevronLeft, ChevronRight, Plus } from 'lucide-react'
import { qPage } from '../../api/queries'
import type { components } from '../../api/schema.gen'
import { usePlace } from '../../app/place'
import { useSwitch } from '../../app/useSwitch'
import { count, words } from '../../format'
import { pages, placePath } from '../../paths'
import { ExpiringCount, RunEvidence, SeatsOf } from '../../ui/AccountEvidence'
import { CLOUD_CHOICES, isChanging, STATUS_CHOICES } from '../../ui/accountState'
import { ActionButton } from '../../ui/ActionButton'
import { Empty } from '../../ui/Empty'
import { ChoiceFilter, TextFilter } from '../../ui/Filters'
import { Loaded, Page } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { useListState } from '../../ui/useListState'
import '../../ui/account.css'

type Account = components['schemas']['Account']

const A_PAGE = 12
const FILTERS = ['name', 'status', 'cloudType']

export default function AccountCardsPage() {
  const place = usePlace()
  const list = useListState()
  const { name, status, cloudType } = list.search
  const accounts = useQuery({
    ...qPage('/api/accounts', {
      query: {
        limit: A_PAGE,
        ...(list.cursor ? { cursor: list.cursor } : {}),
        ...(name ? { name } : {}),
        ...(status ? { status: status as Account['status'] } : {}),
        ...(cloudType ? { cloudType: cloudType as Account['cloudType'] } : {}),
      },
    }),
    refetchInterval: (query) => (query.state.data?.items.some((one) => isChanging(one.status)) ? 2_000 : 30_000),
  })
  const onboard = (
    <ActionButton
      operation="accounts_create"
      to={placePath(place, pages.newAccount)}
      leftSection={<Plus size={16} aria-hidden />}
    >
      Onboard an account
    </ActionButton>
  )
  const filtered = FILTERS.some((key) => list.search[key])
  const clear = () => list.filter(Object.fromEntries(FILTERS.map((key) => [key, undefined])))
  return (
    <Page title="All accounts" intro="Status, seats and upcoming end dates of each account." actions={onboard}>
      <Group component="search" gap="xs" align="flex-end" aria-label="Filter accounts">
        <TextFilter name="name" label="Name" placeholder="Begins with" />
        <ChoiceFilter name="status" label="Status" choices={STATUS_CHOICES} all="All but deleted" />
        <ChoiceFilter name="cloudType" label="Cloud type" choices={CLOUD_CHOICES} />
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
                  Nothing here fits what you filter by.
                </Empty>
              ) : (
                <Empty title="No accounts yet" action={onboard}>
                  An account is a tenant: a company with its own users, licenses and data.
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
    </Page>
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
  const switchTo = useSwitch()
  const { id, name, status, degraded, cloudType } = account
  const gone = status === 'deleted'
  return (
    <li className="card account-card">
      <Group gap={6} wrap="nowrap" justify="space-between">
        <Text fw={600} size="sm" className="clip" component="div">
          <PlaceLink to={pages.account(id)} clip>
            {name}
          </PlaceLink>
        </Text>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          aria-label={`Switch to ${name}`}
          title={gone ? 'The account is deleted.' : 'Switch to this account'}
          disabled={gone}
          onClick={() => void switchTo(id)}
        >
          <ArrowRightLeft size={14} aria-hidden />
        </ActionIcon>
      </Group>
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
          There with the platform
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
