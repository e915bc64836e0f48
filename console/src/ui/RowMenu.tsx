// What can be done with a row of a table, behind one button.
import { ActionIcon } from '@mantine/core'
import { EllipsisVertical } from 'lucide-react'
import { type ReactNode, Suspense, useRef, useState } from 'react'
import type { OperationId } from '../app/rights'
import { later } from '../code'

const OpenRowMenu = later(() => import('./OpenRowMenu'))

export type RowAction = {
  label: string
  icon?: ReactNode
  /** The operation that it calls; its right is asked for. */
  operation?: OperationId
  /** A reason against it that has nothing to do with rights. */
  refused?: string | undefined
  danger?: boolean
} & ({ onClick: () => void; to?: never } | { to: string; onClick?: never })

export type RowMenuProps = { name: string; id: string; noun: string; actions: RowAction[] }

/** A list has many rows and one open menu: the menu is made when it is opened. */
export function RowMenu(props: RowMenuProps) {
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const close = () => {
    setOpen(false)
    button.current?.focus()
  }
  return (
    <div className="row-menu">
      <ActionIcon
        ref={button}
        variant="subtle"
        color="gray"
        aria-label={`Actions for ${props.name}`}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(true)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowDown') return
          event.preventDefault()
          setOpen(true)
        }}
      >
        <EllipsisVertical size={16} aria-hidden />
      </ActionIcon>
      <Suspense>{open && <OpenRowMenu {...props} onClose={close} />}</Suspense>
    </div>
  )
}
