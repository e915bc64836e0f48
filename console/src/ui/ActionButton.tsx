// A button for what a right is needed for: without the right it stays, disabled, and says why.
import { Button, type ButtonProps, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { type OperationId, useMay } from '../app/rights'

type Props = ButtonProps & {
  /** The operation that it calls; its right is asked for. */
  operation?: OperationId
  /** A reason against it that has nothing to do with rights. */
  refused?: string | undefined
  children: ReactNode
} & ({ to: string; onClick?: never; type?: never } | { onClick?: () => void; type?: 'submit' | 'button'; to?: never })

export function ActionButton({ operation, refused, children, to, onClick, type, ...rest }: Props) {
  const may = useMay()
  const reason = (operation && may(operation).reason) ?? refused
  if (reason) {
    return (
      <Tooltip label={reason}>
        <Button
          {...rest}
          aria-disabled
          data-disabled
          onClick={(event) => event.preventDefault()}
          aria-description={reason}
        >
          {children}
        </Button>
      </Tooltip>
    )
  }
  if (to !== undefined) {
    return (
      <Button {...rest} renderRoot={(props) => <Link to={to} {...props} />}>
        {children}
      </Button>
    )
  }
  return (
    <Button {...rest} type={type ?? 'button'} onClick={onClick}>
      {children}
    </Button>
  )
}
