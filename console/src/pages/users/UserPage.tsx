// A person: who they are, whether they can sign in, where they belong, and what they may do and why.
import { Badge, Group, SimpleGrid } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Ban, CircleCheck, Trash2 } from 'lucide-react'
import { useState } from 'react'
import { qTagged, queries } from '../../api/queries'
import { usePlace } from '../../app/place'
import { accessQuery } from '../../app/rights'
import { pages, placePath } from '../../paths'
import { ActionButton } from '../../ui/ActionButton'
import { Loaded, Page } from '../../ui/Page'
import { Status } from '../../ui/Status'
import { DeleteUser, DisableUser, type User, nameOf, notDeletable, notEnablable, useEnable } from './acts'
import { Rights } from './Rights'
import { SignIn } from './SignIn'
import { UserDetails } from './UserDetails'
import { UserGroups, UserWorkstreams } from './UserLinks'

export default function UserPage() {
  const { id = '' } = useParams({ strict: false }) as { id?: string }
  const place = usePlace()
  const navigate = useNavigate()
  const read = qTagged('/api/users/{userId}', { path: { userId: id }, query: place.scope })
  const user = useQuery(read)
  const self = useQuery(accessQuery).data?.user.id
  const [leaving, setLeaving] = useState<User>()
  const [disabling, setDisabling] = useState<User>()
  const enable = useEnable()
  return (
    <Loaded query={user} what="load the user" noun="user" rows={8}>
      {(tagged) => {
        const { record } = tagged
        return (
          <Page
            title={nameOf(record)}
            up={[{ label: 'Users', to: pages.users }]}
            intro={
              <Group gap={12}>
                <span className="wrap-anywhere">{record.email}</span>
                <Status of={record.status} />
                {record.technical && (
                  <Badge
                    variant="default"
                    size="sm"
                    tt="none"
                    fw={500}
                    title="The first user of the account, made with it"
                  >
                    Technical
                  </Badge>
                )}
              </Group>
            }
            actions={
              <>
                {record.status === 'active' ? (
                  <ActionButton
                    operation="users_update"
                    variant="default"
                    leftSection={<Ban size={15} aria-hidden />}
                    onClick={() => setDisabling(record)}
                  >
                    Disable
                  </ActionButton>
                ) : (
                  <ActionButton
                    operation="users_update"
                    refused={notEnablable(record)}
                    variant="default"
                    loading={enable.isPending}
                    leftSection={<CircleCheck size={15} aria-hidden />}
                    onClick={() => enable.mutate({ user: record })}
                  >
                    Enable
                  </ActionButton>
                )}
                <ActionButton
                  operation="users_delete"
                  refused={notDeletable(record, self)}
                  variant="default"
                  leftSection={<Trash2 size={15} aria-hidden />}
                  onClick={() => setLeaving(record)}
                >
                  Delete
                </ActionButton>
              </>
            }
          >
            <UserDetails tagged={tagged} reload={() => queries.fetchQuery({ ...read, staleTime: 0 })} />
            <SimpleGrid cols={{ base: 1, lg: 3 }}>
              <SignIn user={record} />
              <UserGroups user={record} />
              <UserWorkstreams user={record} />
            </SimpleGrid>
            <Rights user={record} />
            <DisableUser user={disabling} onClose={() => setDisabling(undefined)} />
            <DeleteUser
              user={leaving}
              onClose={() => setLeaving(undefined)}
              then={() => navigate({ to: placePath(place, pages.users) })}
            />
          </Page>
        )
      }}
    </Loaded>
  )
}
