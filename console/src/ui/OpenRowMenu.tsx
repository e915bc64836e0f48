// The open menu of a row: its actions, each with the reason where it is refused.
import { Menu, Tooltip } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { Copy } from 'lucide-react'
import { useRef } from 'react'
import { useMay } from '../app/rights'
import { copyText } from './Copy'
import { notifyDone, notifyFailure } from './notify'
import type { RowMenuProps } from './RowMenu'

export default function OpenRowMenu({ name, id, noun, actions, onClose }: RowMenuProps & { onClose: () => void }) {
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
