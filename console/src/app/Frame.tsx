// The frame of every page: place, navigation, running jobs, user.
import { ActionIcon, AppShell, Box, Burger, Group, Kbd, Text, UnstyledButton } from '@mantine/core'
import { useDisclosure, useHotkeys } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useLocation } from '@tanstack/react-router'
import { Search } from 'lucide-react'
import { Suspense, useEffect, useState } from 'react'
import { useSession } from '../api/session'
import { later } from '../code'
import { placePath } from '../paths'
import { Failure, NotFound } from '../ui/Failure'
import { Waiting } from '../ui/Page'
import { closeFailures } from '../ui/notify'
import { menusFor } from './menus'
import { keepPlace, usePlace, usePlaceState } from './place'
import { PlaceSelectors } from './PlaceSelectors'
import { accessQuery, permissionsQuery } from './rights'
import { SchemeButton } from './SchemeButton'

// Fetched when they are first asked for.
const Palette = later(() => import('./Palette'))
const Shortcuts = later(() => import('./Shortcuts'))
// The page need not wait for these.
const RunsUnderWay = later(() => import('./RunsUnderWay'))
const UserMenu = later(() => import('./UserMenu'))

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
  const onPlatform = place.accountId === ''
  const keeps = (onPlatform ? access.data?.operator === true : accountName !== undefined) && !missing
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
  const menus = menusFor(permissions.data, access.data?.operator ?? false, !onPlatform)
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
            <Link to={placePath(place)} aria-label="Freehold, to the start page" className="brand">
              <img src="/favicon.svg" width={24} height={24} alt="" />
              <Text fw={700} size="md" visibleFrom="lg">
                Freehold
              </Text>
            </Link>
            <PlaceSelectors />
          </Group>
          <Group gap={4} wrap="nowrap">
            <Suspense>
              <RunsUnderWay />
            </Suspense>
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
            <Suspense fallback={<div style={{ width: 34 }} />}>
              <UserMenu email={access.data?.user.email} openHelp={help.open} />
            </Suspense>
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
