// Choosing several of a list of the place, such as a user's groups: the list is fetched, and may be one that is not to be seen.
import { useQuery } from '@tanstack/react-query'
import { type GetPath, type Params, qAll } from '../api/queries'
import { type OperationId, useMay } from '../app/rights'
import { ManyField } from './fields'

type Props<P extends GetPath> = {
  name: string
  label: string
  description?: string
  placeholder?: string
  nothing?: string
  /** The server's bound on how many there may be. */
  most: number
  path: P
  params: Params<P>
  /** The operation that lists them. */
  operation: OperationId
  disabled?: boolean
  /** Chosen already: they stay choices even where the list can't be seen. */
  known?: Array<{ id: string; name: string }>
}

export function LinkedField<P extends GetPath>(props: Props<P>) {
  const { name, label, description, placeholder, nothing, most, path, params, operation, disabled, known = [] } = props
  const unseen = useMay()(operation).reason
  const list = useQuery({ ...qAll(path, params), enabled: !unseen && !disabled })
  const all = (list.data ?? []) as unknown as Array<{ id: string; name: string }>
  const choices = [...known, ...all.filter((one) => !known.some((other) => other.id === one.id))]
  return (
    <ManyField
      name={name}
      label={label}
      description={unseen ?? (list.error ? 'The list could not be loaded.' : description)}
      placeholder={list.isFetching && !list.data ? 'Loading …' : placeholder}
      nothing={nothing}
      choices={choices.map((one) => ({ value: one.id, label: one.name }))}
      disabled={disabled || unseen !== undefined}
      rules={{
        validate: {
          few: (value: unknown) => !Array.isArray(value) || value.length <= most || `At most ${most}`,
        } as never,
      }}
    />
  )
}
