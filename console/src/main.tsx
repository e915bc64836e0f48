// Where the console begins: the session first, then the page.
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { RouterProvider } from '@tanstack/react-router'
import { StrictMode, Suspense, useEffect } from 'react'
import { createRoot } from 'react-dom/client'
import '@fontsource-variable/inter/wght.css'
import './mantine.css'
import './app.css'
import { queries } from './api/queries'
import { startSession, useSession } from './api/session'
import { later } from './code'
import { router } from './routes'
import { schemeManager } from './scheme'
import { cssVariables, theme } from './theme'
import { Failure } from './ui/Failure'

// Nothing is said before something was done: the page need not wait for what says it.
const Messages = later(() => import('./ui/Messages'))

function Console() {
  const kind = useSession().kind
  const here = kind === 'signed-in' || kind === 'signed-out' ? kind : undefined
  useEffect(() => {
    // Signing in or out changes what every address means.
    if (here === 'signed-out') queries.clear()
    if (here) void router.invalidate()
  }, [here])
  return kind === 'starting' ? null : <RouterProvider router={router} />
}

const root = createRoot(document.querySelector('#root')!)

function show(content: React.ReactNode) {
  root.render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={cssVariables}
        colorSchemeManager={schemeManager}
        defaultColorScheme="auto"
      >
        <Suspense>
          <Messages />
        </Suspense>
        {content}
      </MantineProvider>
    </StrictMode>,
  )
}

startSession().then(
  () =>
    show(
      <QueryClientProvider client={queries}>
        <Console />
      </QueryClientProvider>,
    ),
  (error: unknown) =>
    show(
      <div style={{ padding: 24 }}>
        <Failure what="take up your session" error={error} retry={() => location.reload()} />
      </div>,
    ),
)
