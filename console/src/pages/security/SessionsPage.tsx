// Where one is signed in, and ending that.
import { Alert, Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { LogOut, MonitorX } from 'lucide-react'
import { useState } from 'react'
import { api, send } from '../../api/client'
import type { Item } from '../../api/queries'
import { forget } from '../../api/session'
import { signInPath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Confirm } from '../../ui/Confirm'
import { DataTable } from '../../ui/DataTable'
import { Page } from '../../ui/Page'
import { Status } from '../../ui/Status'
import { Ago } from '../../ui/Time'
import { useAction } from '../../ui/useAction'
import { browserName } from './browserName'

type Session = Item<'/api/users/me/sessions'>

export default function SessionsPage() {
  const navigate = useNavigate()
  const [asking, setAsking] = useState(false)
  const end = useAction({
    what: 'end the session',
    run: ({ id }: Session) =>
      send(api.DELETE('/api/users/me/sessions/{sessionId}', { params: { path: { sessionId: id } } })),
    done: 'The session has ended',
    changes: ['/api/users/me/sessions'],
  })
  const endAll = async () => {
    await send(api.DELETE('/api/users/me/sessions'))
    forget()
    await navigate({ to: signInPath })
  }
  return (
    <Page
      title="Sessions"
      intro="Where you are signed in."
      actions={
        <ActionButton variant="default" leftSection={<LogOut size={14} aria-hidden />} onClick={() => setAsking(true)}>
          Sign out everywhere
        </ActionButton>
      }
    >
      <DataTable
        noun={['session', 'sessions']}
        path="/api/users/me/sessions"
        params={{}}
        unpaged
        idOf={(session) => session.id}
        nameOf={(session) => `the session from ${session.ip}`}
        columns={[
          {
            header: 'Browser or client',
            cell: (session) => <span title={session.userAgent}>{browserName(session.userAgent)}</span>,
          },
          { header: 'Address', cell: (session) => <span className="mono">{session.ip}</span> },
          { header: 'Last used', cell: (session) => <Ago at={session.lastUsedAt} /> },
          { header: 'Signed in', cell: (session) => <Ago at={session.createdAt} /> },
          {
            header: 'This one',
            cell: (session) => (session.current ? <Status of="active" word="This session" /> : '—'),
          },
        ]}
        actions={(session) => [
          {
            label: 'End the session',
            icon: <MonitorX size={14} aria-hidden />,
            refused: session.current ? 'It is this one: sign out by your menu.' : undefined,
            danger: true,
            onClick: () => end.mutate(session),
          },
        ]}
        nothing={{ text: 'You are signed in nowhere.' }}
      />
      <Alert color="gray" styles={{ message: { color: 'var(--mantine-color-text)' } }}>
        <Text size="sm">Don’t recognise a session? End it and change your password.</Text>
      </Alert>
      <Confirm
        opened={asking}
        onClose={() => setAsking(false)}
        title="Sign out everywhere"
        act="Sign out everywhere"
        what="end the sessions"
        run={endAll}
      >
        All your sessions end at once, including this one. Work in other windows needs a new sign-in.
      </Confirm>
    </Page>
  )
}
