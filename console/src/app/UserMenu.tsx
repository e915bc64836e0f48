// The menu of the person who is signed in.
import { ActionIcon, Kbd, Menu } from '@mantine/core'
import { Link, useNavigate } from '@tanstack/react-router'
import { BookOpen, CircleUser, Keyboard, LogOut } from 'lucide-react'
import { signOut } from '../api/session'
import { pages, placePath, signInPath } from '../paths'
import { notifyFailure } from '../ui/notify'
import { usePlace } from './place'
import { useOtherScheme } from './SchemeButton'

export default function UserMenu({ email, openHelp }: { email: string | undefined; openHelp: () => void }) {
  const place = usePlace()
  const navigate = useNavigate()
  const { other, Icon, change } = useOtherScheme()
  const leave = async () => {
    try {
      await signOut()
    } catch (error) {
      notifyFailure('end the session on the server', error)
    }
    await navigate({ to: signInPath })
  }
  return (
    <Menu width={260}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label="Your menu">
          <CircleUser size={20} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label className="wrap-anywhere">{email ?? 'Signed in'}</Menu.Label>
        <Menu.Item
          leftSection={<CircleUser size={14} aria-hidden />}
          renderRoot={(props) => <Link to={placePath(place, pages.profile)} {...props} />}
        >
          Your profile
        </Menu.Item>
        <Menu.Item
          leftSection={<Keyboard size={14} aria-hidden />}
          onClick={openHelp}
          rightSection={<Kbd size="xs">?</Kbd>}
        >
          Keyboard shortcuts
        </Menu.Item>
        <Menu.Item hiddenFrom="sm" leftSection={<Icon size={14} aria-hidden />} onClick={change}>
          Use the {other} scheme
        </Menu.Item>
        <Menu.Item leftSection={<BookOpen size={14} aria-hidden />} component="a" href="/docs" target="_blank">
          API reference
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item leftSection={<LogOut size={14} aria-hidden />} onClick={() => void leave()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
