// Every list: pages from the server, filters in the address, row actions by keyboard, and a reason when it is empty.
import { ActionIcon, Button, Group, Select, Text, Tooltip, UnstyledButton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { ChevronLeft, ChevronRight, RefreshCw } from 'lucide-react'
import type { ReactNode } from 'react'
import { ApiError } from '../api/problem'
import { type GetPath, type Item, type Params, qPage } from '../api/queries'
import { count, formatAge } from '../format'
import { useNow } from '../now'
import { Empty } from './Empty'
import { Failure } from './Failure'
import { Waiting } from './Page'
import { type RowAction, RowMenu } from './RowMenu'
import { ScrollBox } from './ScrollBox'
import { PAGE_SIZES, useListState } from './useListState'

export type Column<Row> = {
  header: string
  cell: (row: Row) => ReactNode
  align?: 'number'
  /** Too narrow to cut. */
  fixed?: boolean
}

type Props<P extends GetPath> = {
  /** What is listed: “user”, “users”. */
  noun: [string, string]
  path: P
  /** Where from and what of: `{ query: { accountId, status } }`. Page and size are added. */
  params: Params<P>
  columns: Array<Column<Item<P>>>
  idOf: (row: Item<P>) => string
  nameOf: (row: Item<P>) => string
  actions?: (row: Item<P>) => RowAction[]
  /** Fields that narrow the list. */
  filters?: ReactNode
  /** The keys of the address that narrow it. */
  filterKeys?: string[]
  /** The content of an empty table. */
  nothing: { text: ReactNode; action?: ReactNode }
  /** The list is short, and the API gives it whole. */
  unpaged?: boolean
  /** Milliseconds between looks while something on it changes by itself. */
  pollEvery?: (rows: Array<Item<P>>) => number | false
}

type PageOf<Row> = { items: Row[]; nextCursor?: string }

export function DataTable<P extends GetPath>(props: Props<P>) {
  const {
    noun,
    path,
    params,
    columns,
    idOf,
    nameOf,
    actions,
    filters,
    filterKeys = [],
    nothing,
    pollEvery,
    unpaged = false,
  } = props
  const list = useListState()
  const paging = { limit: list.limit, ...(list.cursor ? { cursor: list.cursor } : {}) }
  const asked = { ...params, query: { ...(params.query as object | undefined), ...paging } }
  const query = useQuery({
    ...qPage(path, (unpaged ? params : asked) as Params<P>),
    refetchInterval: (state) => {
      const rows = (state.state.data as PageOf<Item<P>> | undefined)?.items
      return rows && pollEvery ? pollEvery(rows) : false
    },
  })
  const page = query.data as PageOf<Item<P>> | undefined
  const filtered = filterKeys.some((key) => list.search[key])
  const [one, many] = noun
  // The pages before one that a link leads to are not known; the first one always is.
  const back = list.page === undefined ? 'First page' : 'Previous page'
  // The cursor of a link from long ago, or of other filters: the list begins again.
  const stale = list.cursor !== undefined && query.error instanceof ApiError && query.error.status === 400

  return (
    <div className="card">
      {filters && (
        <Group component="search" p="sm" gap="xs" align="flex-end" aria-label={`Filter ${many}`}>
          {filters}
        </Group>
      )}
      {query.error && !page ? (
        <div style={{ padding: 12 }}>
          <Failure
            what={`list the ${many}`}
            error={query.error}
            retry={() => (stale ? list.filter({}) : void query.refetch())}
          />
        </div>
      ) : !page ? (
        <Waiting rows={8} />
      ) : page.items.length === 0 ? (
        page.nextCursor ? (
          // The server looks through so many records for one page; those that match can be on a later one.
          <Empty
            title={`No ${one} matches so far`}
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
            title={`No ${one} matches`}
            action={
              <Button
                size="xs"
                variant="default"
                onClick={() => list.filter(Object.fromEntries(filterKeys.map((key) => [key, undefined])))}
              >
                Clear the filters
              </Button>
            }
          >
            Nothing here fits what you filter by.
          </Empty>
        ) : (
          <Empty title={`No ${many} yet`} action={nothing.action}>
            {nothing.text}
          </Empty>
        )
      ) : (
        <ScrollBox label={`Table of ${many}`}>
          <table className="data-table" aria-busy={query.isFetching}>
            <thead>
              <tr>
                {columns.map((column) => (
                  <th key={column.header} scope="col" className={column.align}>
                    {column.header}
                  </th>
                ))}
                <th scope="col" className="actions">
                  <span className="visually-hidden">Actions</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {page.items.map((row) => (
                <tr key={idOf(row)}>
                  {columns.map((column) => (
                    <td key={column.header} className={column.align} data-column={column.header}>
                      {column.cell(row)}
                    </td>
                  ))}
                  <td className="actions">
                    <RowMenu name={nameOf(row)} id={idOf(row)} noun={one} actions={actions?.(row) ?? []} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </ScrollBox>
      )}
      {page && (page.items.length > 0 || list.cursor || page.nextCursor) && (
        <Group
          justify="space-between"
          px="sm"
          py={8}
          gap="xs"
          style={{ borderTop: '1px solid var(--mantine-color-default-border)' }}
        >
          <Updated
            at={query.dataUpdatedAt}
            what={shown(page, list.page, one, many)}
            busy={query.isFetching}
            refresh={() => void query.refetch()}
            failed={query.error !== null}
          />
          {!unpaged && (
            <Group gap={6}>
              <Select
                aria-label="Rows per page"
                size="xs"
                w={76}
                data={PAGE_SIZES}
                value={String(list.limit)}
                allowDeselect={false}
                onChange={(limit) => list.filter({ limit: limit ?? undefined })}
              />
              <Tooltip label={back}>
                <ActionIcon variant="default" aria-label={back} disabled={!list.cursor} onClick={list.previous}>
                  <ChevronLeft size={16} aria-hidden />
                </ActionIcon>
              </Tooltip>
              <Tooltip label="Next page">
                <ActionIcon
                  variant="default"
                  aria-label="Next page"
                  disabled={!page.nextCursor || query.isPlaceholderData}
                  onClick={() => page.nextCursor && list.next(page.nextCursor)}
                >
                  <ChevronRight size={16} aria-hidden />
                </ActionIcon>
              </Tooltip>
            </Group>
          )}
        </Group>
      )}
    </div>
  )
}

function shown(page: PageOf<unknown>, number: number | undefined, one: string, many: string): string {
  if (number === undefined) return `A later page · ${count(page.items.length, one, many)} shown`
  if (number > 1 || page.nextCursor) return `Page ${number} · ${count(page.items.length, one, many)} shown`
  return count(page.items.length, one, many)
}

function Updated({
  at,
  what,
  busy,
  refresh,
  failed,
}: {
  at: number
  what: string
  busy: boolean
  refresh: () => void
  failed: boolean
}) {
  const now = useNow()
  return (
    <Group gap={6}>
      <Text size="xs" c="dimmed">
        {what} · {failed ? 'could not be updated since' : 'updated'} {formatAge(new Date(at).toISOString(), now)}
      </Text>
      <Tooltip label="Refresh">
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Refresh" onClick={refresh} disabled={busy}>
          <RefreshCw size={13} aria-hidden />
        </ActionIcon>
      </Tooltip>
    </Group>
  )
}

/** A name in a table that opens what it names. */
export function CellButton({ children, onClick }: { children: ReactNode; onClick: () => void }) {
  return (
    <UnstyledButton className="anchor clip" onClick={onClick} fz="inherit">
      {children}
    </UnstyledButton>
  )
}
