// What failed, what to do about it, and the request's id: in place of a page or a part of one.
import { Alert, Anchor, Button, Group, Stack, Text } from '@mantine/core'
import { CircleAlert, Lock } from 'lucide-react'
import { ApiError, isMissing, sentence } from '../api/problem'
import { CopyId } from './Copy'

type Props = {
  what: string
  error: unknown
  retry?: () => void
  /** Signs out, where nothing else on the page does. */
  leave?: () => void
}

/** `what` ends “Could not …”: “load the users”. */
export function Failure({ what, error, retry, leave }: Props) {
  const problem = error instanceof ApiError ? error : undefined
  const forbidden = problem?.status === 403
  // The token is new, and the server takes nothing from them: the person or their account is not active.
  const inactive = problem?.code === 'unauthenticated'
  // What is refused, or is not there, is so the next time too.
  const again = forbidden || isMissing(error) ? undefined : retry
  const title = inactive ? 'You can’t work here now' : forbidden ? `You may not ${what}` : `Could not ${what}`
  return (
    <Alert
      role="alert"
      color={forbidden ? 'yellow' : 'red'}
      variant="light"
      icon={forbidden ? <Lock size={18} aria-hidden /> : <CircleAlert size={18} aria-hidden />}
      title={title}
      styles={{ title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }}
    >
      <Stack gap={8} align="flex-start">
        <Explanation error={error} />
        {inactive && (
          <Text size="sm">
            You are signed in. If this does not change, ask an administrator of your account, or of the platform.
          </Text>
        )}
        {(again || leave) && (
          <Group gap="xs">
            {again && (
              <Button size="xs" variant="default" onClick={again}>
                Try again
              </Button>
            )}
            {leave && (
              <Button size="xs" variant="default" onClick={leave}>
                Sign out
              </Button>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  )
}

export function Explanation({ error }: { error: unknown }) {
  const problem = error instanceof ApiError ? error : undefined
  return (
    <Stack gap={4} maw="100%">
      {linesOf(error).map((line) => (
        <Text key={line} size="sm" className="wrap-anywhere">
          {line}
        </Text>
      ))}
      {problem?.help && !FOR_PROGRAMS.test(problem.help) && (
        <Text size="sm" className="wrap-anywhere">
          {sentence(problem.help)}
        </Text>
      )}
      {problem?.retryAfter !== undefined && <Text size="sm">Try again in {problem.retryAfter} s.</Text>}
      {problem?.requestId && (
        <Group gap={4} wrap="nowrap" maw="100%">
          <Text size="xs" c="dimmed" style={{ flex: 'none' }}>
            Request id
          </Text>
          <CopyId id={problem.requestId} what="request id" whole />
        </Group>
      )}
    </Stack>
  )
}

/** A hint that names an operation of the API is for programs. */
const FOR_PROGRAMS = /\b(GET|POST|PUT|DELETE) \/api\//

/** What failed, and what is wrong with each field, once. The API's detail repeats the first field with its pointer. */
export function linesOf(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error)
  const fields = error instanceof ApiError ? error.fields : []
  const repeated = fields.some((field) => message === `${field.pointer}: ${field.message}`)
  if (repeated && fields.length === 1) return fields.map((field) => sentence(field.message))
  return [
    ...(repeated ? [] : [sentence(message)]),
    ...fields
      .filter((field) => field.message !== message)
      .map((field) => sentence(field.pointer ? `${fieldName(field.pointer)}: ${field.message}` : field.message)),
  ]
}

/** `/technicalUser/startDate` → “Technical user, start date” */
function fieldName(pointer: string): string {
  const parts = pointer.slice(1).split('/')
  const text = parts.map((part) => (/^\d+$/.test(part) ? String(Number(part) + 1) : spaced(part))).join(', ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function spaced(part: string): string {
  return part.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
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
