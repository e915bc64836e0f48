// What can be done with a row of a table, behind one button.
import { ActionIcon, Menu, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Copy, EllipsisVertical } from 'lucide-react'
import { type ReactNode, useRef, useState } from 'react'
import { type OperationId, useMay } from '../app/rights'
import { copyText } from './Copy'
import { notifyDone, notifyFailure } from './notify'

export type RowAction = {
  label: string
  icon?: ReactNode
  /** The operation that it calls; its right is asked for. */
  operation?: OperationId
  /** A reason against it that has nothing to do with rights. */
  refused?: string | undefined
  danger?: boolean
} & ({ onClick: () => void; to?: never } | { to: string; onClick?: never })

type Props = { name: string; id: string; noun: string; actions: RowAction[] }

/** A list has many rows and one open menu: the menu is made when it is opened. */
export function RowMenu(props: Props) {
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
      {open && <OpenMenu {...props} onClose={close} />}
    </div>
  )
}

function OpenMenu({ name, id, noun, actions, onClose }: Props & { onClose: () => void }) {
  const may = useMay()
  const place = useRef<HTMLSpanElement>(null)
  const copy = async () => {
    if (await copyText(id, place.current)) notifyDone(`Copied the id of ${name}`)
    else notifyFailure(`copy the id of ${name}`, new Error(`the browser does not let this page copy: ${id}`))
  }
  return (
    <Menu withinPortal opened onClose={onClose} returnFocus={false} transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <span ref={place} className="row-menu-place" />
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => {
          const reason = (action.operation && may(action.operation).reason) ?? action.refused
          const look = { leftSection: action.icon, color: action.danger && !reason ? 'red' : undefined }
          if (reason) {
            return (
              <Tooltip key={action.label} label={reason} position="left">
                <Menu.Item {...look} aria-disabled data-disabled closeMenuOnClick={false} aria-description={reason}>
                  {action.label}
                </Menu.Item>
              </Tooltip>
            )
          }
          if (action.to !== undefined) {
            const { to } = action
            return (
              <Menu.Item key={action.label} {...look} renderRoot={(props) => <Link to={to} {...props} />}>
                {action.label}
              </Menu.Item>
            )
          }
          return (
            <Menu.Item key={action.label} {...look} onClick={action.onClick}>
              {action.label}
            </Menu.Item>
          )
        })}
        {actions.length > 0 && <Menu.Divider />}
        <Menu.Item leftSection={<Copy size={14} aria-hidden />} onClick={copy}>
          Copy {noun} id
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
