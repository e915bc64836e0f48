// Every page by its address. Each is fetched when it is first gone to; the frame is not part of the sign-in page.
import {
  type ErrorComponentProps,
  Outlet,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { sessionState, signOut, useSession } from './api/session'
import { Suspense } from 'react'
import { fetched, later } from './code'
import { Failure, NotFound } from './ui/Failure'
import {
  acceptInvitationPath,
  NO_ENTERPRISE,
  confirmEmailPath,
  forgotPasswordPath,
  pages,
  placePath,
  resetPasswordPath,
  signInPath,
} from './paths'

const SessionDialog = later(() => import('./app/SessionDialog'))

/** Fetched when it is needed, which is after a page was shown. */
function EndedSession() {
  return useSession().kind === 'ended' ? (
    <Suspense>
      <SessionDialog />
    </Suspense>
  ) : null
}

type Search = Record<string, string | undefined>

const root = createRootRoute({
  validateSearch: (search): Search => search as Search,
  component: () => (
    <>
      <Outlet />
      <EndedSession />
    </>
  ),
  notFoundComponent: () => <NotFound />,
  errorComponent: Broken,
})

function Broken({ error, reset }: ErrorComponentProps) {
  const signedIn = useSession().kind === 'signed-in'
  const leave = async () => {
    // Here the session ends in any case. The server's may go on until it expires.
    await signOut().catch(() => undefined)
    await router.navigate({ to: signInPath })
  }
  return (
    <div style={{ padding: 24 }}>
      <Failure
        what="show this page"
        error={error}
        retry={() => {
          reset()
          // Its code is fetched anew, if that is what failed.
          void router.invalidate()
        }}
        {...(signedIn && { leave: () => void leave() })}
      />
    </div>
  )
}

/** Who is not signed in is sent to sign in, and from there to where they wanted to go. */
function needsSession({ location }: { location: { href: string } }) {
  if (sessionState().kind === 'signed-out') throw redirect({ to: signInPath, search: { next: location.href } })
}

const home = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad: async (options) => {
    needsSession(options)
    const { homePlace } = await fetched(() => import('./app/place'))()
    throw redirect({ to: placePath(await homePlace()) })
  },
})

const frame = createRoute({
  getParentRoute: () => root,
  id: 'frame',
  beforeLoad: needsSession,
  component: lazyRouteComponent(fetched(() => import('./app/Frame'))),
})

const place = createRoute({
  getParentRoute: () => frame,
  path: '/a/$accountId/e/$enterpriseId',
  beforeLoad: async ({ params, location, preload }) => {
    if (params.enterpriseId !== NO_ENTERPRISE || preload) return
    const { enterpriseFor } = await fetched(() => import('./app/place'))()
    const enterpriseId = await enterpriseFor(params.accountId)
    if (enterpriseId === NO_ENTERPRISE) return
    throw redirect({ href: location.href.replace(`/e/${NO_ENTERPRISE}/`, `/e/${enterpriseId}/`), replace: true })
  },
})

const platform = createRoute({ getParentRoute: () => frame, path: '/platform' })

const platformHome = createRoute({
  getParentRoute: () => platform,
  path: '/',
  beforeLoad: () => {
    throw redirect({ to: pages.accounts, replace: true })
  },
})

type PageModule = () => Promise<{ default: () => React.ReactNode }>

const inPlace: Array<[path: string, load: PageModule]> = [
  ['dashboard', () => import('./pages/dashboard/DashboardPage')],
  ['overview/audit', () => import('./pages/overview/AuditPage')],
  ['account-settings/account', () => import('./pages/accounts/AccountPage')],
  ['account-settings/account/provisioning', () => import('./pages/accounts/ProvisioningPage')],
  ['account-settings/account/receipt', () => import('./pages/accounts/ReceiptPage')],
  ['account-settings/enterprises', () => import('./pages/enterprises/EnterprisesPage')],
  ['account-settings/enterprises/new', () => import('./pages/enterprises/EnterprisePage')],
  ['account-settings/enterprises/$id', () => import('./pages/enterprises/EnterprisePage')],
  ['account-settings/products', () => import('./pages/products/ProductsPage')],
  ['account-settings/products/new', () => import('./pages/products/ProductPage')],
  ['account-settings/products/$id', () => import('./pages/products/ProductPage')],
  ['account-settings/services', () => import('./pages/services/ServicesPage')],
  ['account-settings/services/new', () => import('./pages/services/ServicePage')],
  ['account-settings/services/$id', () => import('./pages/services/ServicePage')],
  ['account-settings/licenses', () => import('./pages/licenses/LicensesPage')],
  ['account-settings/licenses/new', () => import('./pages/licenses/LicensePage')],
  ['account-settings/licenses/$id', () => import('./pages/licenses/LicensePage')],
  ['account-settings/workstreams', () => import('./pages/workstreams/WorkstreamsPage')],
  ['account-settings/workstreams/new', () => import('./pages/workstreams/WorkstreamPage')],
  ['account-settings/workstreams/$id', () => import('./pages/workstreams/WorkstreamPage')],
  ['access-control/users', () => import('./pages/users/UsersPage')],
  ['access-control/users/new', () => import('./pages/users/NewUserPage')],
  ['access-control/users/$id', () => import('./pages/users/UserPage')],
  ['access-control/groups', () => import('./pages/groups/GroupsPage')],
  ['access-control/groups/new', () => import('./pages/groups/NewGroupPage')],
  ['access-control/groups/$id', () => import('./pages/groups/GroupPage')],
  ['access-control/roles', () => import('./pages/roles/RolesPage')],
  ['access-control/roles/new', () => import('./pages/roles/NewRolePage')],
  ['access-control/roles/compare', () => import('./pages/roles/CompareRolesPage')],
  ['access-control/roles/$id', () => import('./pages/roles/RolePage')],
  ['security/profile', () => import('./pages/security/ProfilePage')],
  ['security/password', () => import('./pages/security/PasswordPage')],
  ['security/sessions', () => import('./pages/security/SessionsPage')],
]

/** Pages of the platform as a whole, for its operators. */
const onPlatform: Array<[path: string, load: PageModule]> = [
  ['accounts', () => import('./pages/accounts/AccountsPage')],
  ['accounts/new', () => import('./pages/accounts/OnboardPage')],
  ['quick-start', () => import('./pages/accounts/QuickStartPage')],
  ['runs', () => import('./pages/overview/RunsPage')],
  ['runs/$executionId', () => import('./pages/overview/RunPage')],
  ['failed-steps', () => import('./pages/overview/DeadLettersPage')],
  ['sent-mail', () => import('./pages/overview/OutboxPage')],
  ['audit', () => import('./pages/overview/PlatformAuditPage')],
  ['jobs', () => import('./pages/overview/JobsPage')],
  ['health', () => import('./pages/overview/PlatformPage')],
  ['enterprises', () => import('./pages/enterprises/EnterprisesPage')],
  ['enterprises/new', () => import('./pages/enterprises/EnterprisePage')],
  ['enterprises/$id', () => import('./pages/enterprises/EnterprisePage')],
  ['products', () => import('./pages/products/ProductsPage')],
  ['products/new', () => import('./pages/products/ProductPage')],
  ['products/$id', () => import('./pages/products/ProductPage')],
  ['services', () => import('./pages/services/ServicesPage')],
  ['services/new', () => import('./pages/services/ServicePage')],
  ['services/$id', () => import('./pages/services/ServicePage')],
  ['profile', () => import('./pages/security/ProfilePage')],
  ['password', () => import('./pages/security/PasswordPage')],
  ['sessions', () => import('./pages/security/SessionsPage')],
]

const signedOut: Array<[path: string, load: PageModule]> = [
  [signInPath, () => import('./pages/auth/SignInPage')],
  [forgotPasswordPath, () => import('./pages/auth/ForgotPasswordPage')],
  [resetPasswordPath, () => import('./pages/auth/ResetPasswordPage')],
  [acceptInvitationPath, () => import('./pages/auth/AcceptInvitationPage')],
]

/** Who is signed in has no business on the sign-in page. */
function needsNoSession({ search, location }: { search: Search; location: { pathname: string } }) {
  if (location.pathname !== signInPath || sessionState().kind !== 'signed-in') return
  const next = search.next?.startsWith('/') && !search.next.startsWith('//') ? search.next : '/'
  throw redirect({ href: next })
}

/** The link of a mail, for somebody who is signed in. */
const confirmEmail = createRoute({
  getParentRoute: () => root,
  path: confirmEmailPath,
  beforeLoad: needsSession,
  component: lazyRouteComponent(fetched(() => import('./pages/auth/ConfirmEmailPage'))),
})

const tree = root.addChildren([
  home,
  confirmEmail,
  ...signedOut.map(([path, load]) =>
    createRoute({
      getParentRoute: () => root,
      path,
      beforeLoad: needsNoSession,
      component: lazyRouteComponent(fetched(load)),
    }),
  ),
  frame.addChildren([
    place.addChildren(
      inPlace.map(([path, load]) =>
        createRoute({ getParentRoute: () => place, path, component: lazyRouteComponent(fetched(load)) }),
      ),
    ),
    platform.addChildren([
      platformHome,
      ...onPlatform.map(([path, load]) =>
        createRoute({ getParentRoute: () => platform, path, component: lazyRouteComponent(fetched(load)) }),
      ),
    ]),
  ]),
])

export const router = createRouter({
  routeTree: tree,
  defaultPreload: 'intent',
  // A page that can't be shown leaves the frame around it as it is.
  defaultErrorComponent: Broken,
  scrollRestoration: true,
  // Filters are texts: a name such as `1e3` or `true` must stay what was typed.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const entries = Object.entries(search).filter(([, value]) => value !== undefined && value !== '')
    const text = new URLSearchParams(entries as Array<[string, string]>).toString()
    return text ? `?${text}` : ''
  },
})
