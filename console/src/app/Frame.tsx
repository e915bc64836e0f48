// The frame of every page: place, navigation, running jobs, user.
import {
  ActionIcon,
  AppShell,
  Box,
  Burger,
  Group,
  Kbd,
  Menu,
  Text,
  Tooltip,
  UnstyledButton,
  useMantineColorScheme,
  useComputedColorScheme,
} from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router'
import { BookOpen, CircleUser, Keyboard, LogOut, Moon, Search, Sun } from 'lucide-react'
import { Suspense, useEffect, useState } from 'react'
import { signOut, useSession } from '../api/session'
import { later } from '../code'
import { pages, placePath, signInPath } from '../paths'
import { Failure, NotFound } from '../ui/Failure'
import { Waiting } from '../ui/Page'
import { closeFailures, notifyFailure } from '../ui/notify'
import { Jobs } from './Jobs'
import { menusFor } from './menus'
import { keepPlace, usePlace, usePlaceState } from './place'
import { PlaceSelectors } from './PlaceSelectors'
import { accessQuery, permissionsQuery } from './rights'

// Fetched when they are first asked for.
const Palette = later(() => import('./Palette'))
const Shortcuts = later(() => import('./Shortcuts'))

/** After a sign-out, in any tab, nothing of the page stays on screen, not even until the sign-in page is loaded. */
export default function Frame() {
  return useSession().kind === 'signed-out' ? null : <SignedIn />
}

function SignedIn() {
  const place = usePlace()
  const access = useQuery(accessQuery)
  const permissions = useQuery(permissionsQuery)
  const [menuOpened, menu] = useDisclosure(false)
  const [helpOpened, help] = useDisclosure(false)
  const [paletteOpened, palette] = useDisclosure(false)
  const pathname = useLocation({ select: (location) => location.pathname })
  const userId = access.data?.user.id

  // A place that is not there, or not theirs, is not the one to begin at next time.
  const { accountName, missing } = usePlaceState()
  const keeps = accountName !== undefined && !missing
  useEffect(() => {
    if (userId && keeps) keepPlace(userId, { accountId: place.accountId, enterpriseId: place.enterpriseId })
  }, [userId, keeps, place.accountId, place.enterpriseId])

  // What failed on a page is not said over another one.
  useEffect(() => closeFailures(), [pathname])

  // On a narrow screen the menu lies over the page: it goes with the choice.
  const [shownAt, setShownAt] = useState(pathname)
  if (shownAt !== pathname) {
    setShownAt(pathname)
    if (menuOpened) menu.close()
  }

  // In fields too. Escape also takes back what was asked for and has not come yet.
  useHotkeys(
    [
      ['mod+K', palette.open],
      ['Escape', palette.close, { preventDefault: false }],
    ],
    [],
  )
  useHotkeys([
    ['/', focusFilter],
    // Where it takes the shift key, and where it does not.
    ['?', help.open],
    ['shift+?', help.open],
  ])

  if (missing) return <NotFound />
  const menus = menusFor(permissions.data, access.data?.operator ?? false)
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: 224, breakpoint: 'md', collapsed: { mobile: !menuOpened } }}
      padding={0}
    >
      <a href="#page" className="skip-link">
        Skip to the page
      </a>
      <AppShell.Header>
        <Group h="100%" px="sm" gap="xs" wrap="nowrap" justify="space-between">
          <Group gap="xs" wrap="nowrap" style={{ minWidth: 0, flex: 1 }}>
            <Burger
              opened={menuOpened}
              onClick={menu.toggle}
              hiddenFrom="md"
              size="sm"
              aria-label={menuOpened ? 'Close the menu' : 'Open the menu'}
              aria-expanded={menuOpened}
            />
            <Link to={placePath(place)} aria-label="Freehold, to the dashboard" className="brand">
              <img src="/favicon.svg" width={24} height={24} alt="" />
              <Text fw={700} size="md" visibleFrom="lg">
                Freehold
              </Text>
            </Link>
            <PlaceSelectors />
          </Group>
          <Group gap={4} wrap="nowrap">
            <Jobs />
            <UnstyledButton
              className="palette-button"
              onClick={palette.open}
              aria-label="Search records, pages and actions"
              visibleFrom="lg"
            >
              <Search size={14} aria-hidden />
              <Text size="sm" span>
                Search
              </Text>
              <Kbd size="xs">Ctrl K</Kbd>
            </UnstyledButton>
            <ActionIcon
              variant="subtle"
              color="gray"
              size="lg"
              hiddenFrom="lg"
              onClick={palette.open}
              aria-label="Search records, pages and actions"
            >
              <Search size={18} aria-hidden />
            </ActionIcon>
            <Box visibleFrom="sm">
              <SchemeButton />
            </Box>
            <UserMenu email={access.data?.user.email} openHelp={help.open} />
          </Group>
        </Group>
      </AppShell.Header>
      <AppShell.Navbar p="sm" aria-label="Menus" style={{ overflowY: 'auto' }}>
        {permissions.data ? (
          menus.map((entry) => (
            <section key={entry.menu} className="nav-menu" aria-labelledby={`menu-${entry.menu}`}>
              <div className="nav-title" id={`menu-${entry.menu}`}>
                <entry.icon size={14} aria-hidden />
                {entry.label}
              </div>
              {entry.pages.map((page) => (
                <Link key={page.page} to={placePath(place, page.page)} className="nav-link">
                  {page.label}
                </Link>
              ))}
            </section>
          ))
        ) : permissions.error ? (
          <Text size="sm" p="sm">
            The menus could not be loaded.
          </Text>
        ) : (
          <Waiting rows={10} />
        )}
      </AppShell.Navbar>
      <AppShell.Main id="page" tabIndex={-1}>
        <div className="page">
          {access.error && !access.data ? (
            <Failure what="load who you are" error={access.error} retry={() => void access.refetch()} />
          ) : access.data ? (
            <Outlet />
          ) : (
            // Whether this place is theirs must be known before its page asks for anything.
            <Waiting rows={8} />
          )}
        </div>
      </AppShell.Main>
      <Suspense>
        {paletteOpened && <Palette menus={menus} onClose={palette.close} />}
        {helpOpened && <Shortcuts onClose={help.close} />}
      </Suspense>
    </AppShell>
  )
}

function focusFilter() {
  document.querySelector<HTMLInputElement>('input[data-filter]')?.focus()
}

function useOtherScheme() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'light' ? 'dark' : 'light'
  return { other, Icon: scheme === 'light' ? Moon : Sun, change: () => setColorScheme(other) } as const
}

function SchemeButton() {
  const { other, Icon, change } = useOtherScheme()
  return (
    <Tooltip label={`Use the ${other} scheme`}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Use the ${other} scheme`} onClick={change}>
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}

function UserMenu({ email, openHelp }: { email: string | undefined; openHelp: () => void }) {
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
