// An effect on others, or on oneself, that the server wants confirmed before it does what was asked.
import { Alert, Text } from '@mantine/core'
import { TriangleAlert } from 'lucide-react'
import { ApiError, sentence } from '../api/problem'

/** What the server is to be told so that it does it all the same; nothing if it refused for another reason. */
export function confirmationOf(error: unknown): string | undefined {
  if (!(error instanceof ApiError)) return undefined
  // What comes after the right to administer is asked for by the next answer.
  if (error.code === 'own_administration') return 'own-administration'
  return error.code === 'still_assigned' ? 'in-use,own-administration' : undefined
}

export function Effect({ error }: { error: unknown }) {
  const code = error instanceof ApiError ? error.code : undefined
  return (
    <Alert
      role="alert"
      color="yellow"
      icon={<TriangleAlert size={18} aria-hidden />}
      title={code === 'still_assigned' ? 'It is in use' : 'You would lose your own rights'}
      styles={{ title: { color: 'var(--mantine-color-text)' }, message: { color: 'var(--mantine-color-text)' } }}
    >
      <Text size="sm">{error instanceof Error && sentence(error.message)}</Text>
      {code === 'own_administration' && (
        <Text size="sm">
          Without another administrator in this account, only an operator of the platform can give the right back.
        </Text>
      )}
    </Alert>
  )
}
