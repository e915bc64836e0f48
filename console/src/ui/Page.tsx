// The frame of a page: its title, what leads up from it, what can be done on it, and its parts.
import { Breadcrumbs, Group, Skeleton, Stack, Text, Title } from '@mantine/core'
import type { UseQueryResult } from '@tanstack/react-query'
import { type ReactNode, useEffect } from 'react'
import { isMissing } from '../api/problem'
import { Failure, NotFound } from './Failure'
import { PlaceLink } from './PlaceLink'

type Props = {
  title: string
  /** Pages above this one. */
  up?: Array<{ label: string; to: string }>
  /** One line under the title. */
  intro?: ReactNode
  /** Buttons at the right of the title. */
  actions?: ReactNode
  children: ReactNode
}

export function Page({ title, up, intro, actions, children }: Props) {
  useEffect(() => {
    document.title = `${title} · Freehold`
  }, [title])
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Stack gap={2} style={{ minWidth: 0, maxWidth: '100%' }}>
          {up && (
            <Breadcrumbs separator="/" separatorMargin={6} component="nav" aria-label="Pages above">
              {up.map((one) => (
                <Text key={one.to} size="xs" component="span" className="clip">
                  <PlaceLink to={one.to}>{one.label}</PlaceLink>
                </Text>
              ))}
            </Breadcrumbs>
          )}
          <Title order={1} tabIndex={-1} className="wrap-anywhere" id="page-title">
            {title}
          </Title>
          {intro && (
            <Text size="sm" c="dimmed" component="div">
              {intro}
            </Text>
          )}
        </Stack>
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  )
}

/** A titled part of a page, as a card. */
export function Section({
  title,
  intro,
  actions,
  children,
  flush = false,
}: {
  title?: string
  intro?: ReactNode
  actions?: ReactNode
  children: ReactNode
  flush?: boolean
}) {
  const head = title !== undefined || actions !== undefined
  return (
    <section className="card" aria-label={title}>
      {head && (
        <Group justify="space-between" px="md" pt="sm" pb={flush ? 'sm' : 4} gap="xs">
          <div>
            {title && <Title order={2}>{title}</Title>}
            {intro && (
              <Text size="sm" c="dimmed" component="div">
                {intro}
              </Text>
            )}
          </div>
          {actions && <Group gap="xs">{actions}</Group>}
        </Group>
      )}
      <div style={flush ? {} : { padding: head ? '8px 16px 16px' : 16 }}>{children}</div>
    </section>
  )
}

/** What a query answered; in its stead a shape while it is on its way, or what went wrong. `what` ends “Could not …”. */
export function Loaded<T>({
  query,
  what,
  noun,
  rows = 4,
  children,
}: {
  query: UseQueryResult<T>
  what: string
  noun?: string
  rows?: number
  children: (data: T) => ReactNode
}) {
  if (query.data !== undefined) return <>{children(query.data)}</>
  if (query.error) {
    if (noun && isMissing(query.error)) return <NotFound what={noun} />
    return <Failure what={what} error={query.error} retry={() => void query.refetch()} />
  }
  return <Waiting rows={rows} />
}

export function Waiting({ rows = 4 }: { rows?: number }) {
  return (
    <Stack component="output" gap={10} p="md" aria-label="Loading">
      {Array.from({ length: rows }, (_, row) => (
        <Skeleton key={row} h={18} w={`${92 - ((row * 17) % 40)}%`} />
      ))}
    </Stack>
  )
}
