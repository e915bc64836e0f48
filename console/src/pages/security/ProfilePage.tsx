// Who one is: names, place, what one belongs to and what that allows.
import { SimpleGrid, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { accessQuery, permissionsQuery, useMay } from '../../app/rights'
import { words } from '../../format'
import { NO_ENTERPRISE, pages, placePath } from '../../paths'
import { CopyId } from '../../ui/Copy'
import { Facts } from '../../ui/Facts'
import { Loaded, Page, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { Status } from '../../ui/Status'
import { At, EndDay } from '../../ui/Time'
import { formatDay } from '../../format'
import { ChangeEmail } from './ChangeEmail'

export default function ProfilePage() {
  const access = useQuery(accessQuery)
  const permissions = useQuery(permissionsQuery)
  const mayRead = useMay()('users_read').allowed
  return (
    <Page
      title="Your profile"
      intro="What the platform knows of you. You change your address; administrators of users change the rest."
    >
      <Loaded query={access} what="load your profile">
        {({ user, accounts, operator, defaultAccountId, defaultEnterpriseId }) => {
          const account = accounts.find((one) => one.id === defaultAccountId)
          const own = { accountId: user.accountId, enterpriseId: user.enterpriseId ?? NO_ENTERPRISE }
          const enterprise = account?.enterprises.find((one) => one.id === defaultEnterpriseId)
          return (
            <Stack gap="md">
              <Section
                title={`${user.firstName} ${user.lastName}`}
                actions={
                  mayRead ? (
                    <PlaceLink to={placePath(own, pages.user(user.id))}>Open your user record</PlaceLink>
                  ) : undefined
                }
              >
                <Facts
                  of={[
                    ['E-mail address', user.email],
                    ['Status', <Status of={user.status} />],
                    ['Account', account?.name],
                    ['Enterprise', enterprise?.name],
                    ['Operator of the platform', operator ? 'Yes' : 'No'],
                    ['User id', <CopyId id={user.id} what="your user id" whole />],
                    ['First day', formatDay(user.startDate)],
                    ['Last day', <EndDay day={user.endDate} />],
                    ['Since', <At at={user.createdAt} />],
                  ]}
                />
              </Section>
              <ChangeEmail />
              <Loaded query={permissions} what="load your rights">
                {({ groups, roles, menus }) => (
                  <SimpleGrid cols={{ base: 1, md: 2 }}>
                    <Section title="Groups and roles">
                      <Facts
                        columns={1}
                        of={[
                          ['Groups', groups.map((one) => one.name).join(', ')],
                          ['Roles', roles.map((one) => one.name).join(', ')],
                        ]}
                      />
                    </Section>
                    <Section title="Effective permissions">
                      <Facts
                        columns={1}
                        of={menus.map((menu) => [
                          words(menu.menu),
                          <Text span size="sm">
                            {verbsOf(menu)}
                          </Text>,
                        ])}
                      />
                    </Section>
                  </SimpleGrid>
                )}
              </Loaded>
            </Stack>
          )
        }}
      </Loaded>
    </Page>
  )
}

type Held = { isVisible: boolean; canView: boolean; canCreate: boolean; canEdit: boolean; canDelete: boolean }

function verbsOf(held: Held): string {
  const verbs = [
    held.canView && 'view',
    held.canCreate && 'create',
    held.canEdit && 'edit',
    held.canDelete && 'delete',
  ].filter(Boolean)
  return verbs.length > 0 ? verbs.join(', ') : 'nothing'
}
