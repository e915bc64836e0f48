// What failed, what to do about it, and the request's id: in place of a page or a part of one.
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { CircleAlert, Lock } from 'lucide-react'
import { ApiError, sentence } from '../api/problem'
import { CopyId } from './Copy'

type Props = { what: string; error: unknown; retry?: () => void }

/** `what` ends “Could not …”: “load the users”. */
export function Failure({ what, error, retry }: Props) {
  const problem = error instanceof ApiError ? error : undefined
  const forbidden = problem?.status === 403
  return (
    <Alert
      role="alert"
      color={forbidden ? 'yellow' : 'red'}
      variant="light"
      icon={forbidden ? <Lock size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
      title={forbidden ? `You may not ${what}` : `Could not ${what}`}
      styles={{ title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap={8} align="flex-start">
        <Explanation error={error} />
        {retry && (
          <Button size="xs" variant="default" onClick={retry}>
            Try again
          </Button>
        )}
      </Stack>
    </Alert>
  )
}

export function Explanation({ error }: { error: unknown }) {
  const problem = error instanceof ApiError ? error : undefined
  const message = error instanceof Error ? error.message : String(error)
  return (
    <Stack gap={4}>
      <Text size="sm" className="wrap-anywhere">
        {sentence(message)}
      </Text>
      {problem?.fields.map((field) => (
        <Text key={field.pointer} size="sm" className="wrap-anywhere">
          <span className="mono">{field.pointer || '/'}</span>: {field.message}
        </Text>
      ))}
      {problem?.help && (
        <Text size="sm" className="wrap-anywhere">
          {sentence(problem.help)}
        </Text>
      )}
      {problem?.retryAfter !== undefined && <Text size="sm">Try again in {problem.retryAfter} s.</Text>}
      {problem?.requestId && (
        <Group gap={4} wrap="nowrap">
          <Text size="xs" c="dimmed">
            Request id
          </Text>
          <CopyId id={problem.requestId} what="request id" whole />
        </Group>
      )}
    </Stack>
  )
}

/** A page that is not there. */
export function NotFound({ what = 'page', back }: { what?: string; back?: string }) {
  return (
    <Stack gap={6} py={48} align="center">
      <Text component="h1" size="lg" fw={600}>
        There is no such {what}
      </Text>
      <Text size="sm" c="dimmed">
        It may have been removed, or belong to another account.
      </Text>
      <Anchor href={back ?? '/'} size="sm">
        Go to the start page
      </Anchor>
    </Stack>
  )
}
