// What a person may do, and by which roles of which groups.
import { Popover, Stack, Text, UnstyledButton } from '@mantine/core'
import { useQueries, useQuery } from '@tanstack/react-query'
import { Ban, Check, Minus } from 'lucide-react'
import { useState } from 'react'
import { q } from '../../api/queries'
import {
  LEVELS,
  MENUS,
  type MenuPermission,
  type Spot,
  VERBS,
  type Verb,
  WHOLE_MASK,
  maskInWords,
  maskOn,
  menusOn,
  rightName,
  tabName,
} from '../../app/permissions'
import { usePlace } from '../../app/place'
import { useMay } from '../../app/rights'
import { words } from '../../format'
import { pages } from '../../paths'
import '../../ui/matrix.css'
import { Failure } from '../../ui/Failure'
import { Loaded, Section } from '../../ui/Page'
import { PlaceLink } from '../../ui/PlaceLink'
import { ScrollBox } from '../../ui/ScrollBox'
import type { User } from './acts'
import { type Giver, type Source, givers, holds, originOf, sourceInWords } from './sources'

export function Rights({ user }: { user: User }) {
  const { scope } = usePlace()
  const may = useMay()
  const effective = useQuery(q('/api/users/{userId}/permissions', { path: { userId: user.id }, query: scope }))
  const unseen = may('groups_roles').reason ?? may('roles_permissions').reason
  const origins = useGivers(effective.data?.groups ?? [], unseen === undefined)
  return (
    <Section
      title="Effective permissions"
      intro="The sum of the roles that their groups give. Choose a mark to see where the right comes from."
    >
      <Loaded query={effective} what="load the effective permissions" rows={8}>
        {({ menus, mask, roles }) => (
          <Stack gap="md">
            {unseen && (
              <Text size="sm" c="dimmed">
                Where rights come from is not shown. {unseen}
              </Text>
            )}
            {origins.error !== null && (
              <Failure what="load where these rights come from" error={origins.error} retry={origins.retry} />
            )}
            {roles.length === 0 ? (
              <Text size="sm">
                No group gives this person a role, so they may do nothing but look after themselves.
              </Text>
            ) : (
              <>
                <Roles all={origins.all} />
                <Scope mask={mask} />
                <Grid menus={menus} all={origins.all} />
              </>
            )}
          </Stack>
        )}
      </Loaded>
    </Section>
  )
}

/** The roles of the groups, with what each permits. */
function useGivers(groups: Array<{ id: string; name: string }>, enabled: boolean) {
  const { scope } = usePlace()
  const ofGroups = useQueries({
    queries: groups.map((group) => ({
      ...q('/api/groups/{groupId}/roles', { path: { groupId: group.id }, query: scope }),
      enabled,
    })),
  })
  const withRoles = groups.map((group, place) => ({ ...group, roles: ofGroups[place]?.data?.items ?? [] }))
  const ids = [...new Set(withRoles.flatMap((group) => group.roles.map((role) => role.id)))]
  const ofRoles = useQueries({
    queries: ids.map((roleId) => ({
      ...q('/api/roles/{roleId}/permissions', { path: { roleId }, query: scope }),
      enabled,
    })),
  })
  const permissions = new Map(ids.map((id, place) => [id, ofRoles[place]?.data?.permissions ?? []]))
  const all = [...ofGroups, ...ofRoles]
  return {
    all: givers(withRoles, permissions),
    error: all.find((one) => one.error)?.error ?? null,
    retry: () => all.filter((one) => one.error).forEach((one) => void one.refetch()),
  }
}

function Roles({ all }: { all: Giver[] }) {
  if (all.length === 0) return null
  return (
    <Stack component="ul" gap={4} m={0} p={0} style={{ listStyle: 'none' }} aria-label="Roles of this person">
      {all.map((giver) => (
        <Text key={giver.role.id} component="li" size="sm" className="wrap-anywhere in-text">
          <PlaceLink to={pages.role(giver.role.id)}>{giver.role.name}</PlaceLink>, by <Groups of={giver} />
          {giver.mask !== WHOLE_MASK && (
            <Text span size="xs" c="dimmed">
              {' '}
              Limits: {maskInWords(giver.mask)}
            </Text>
          )}
        </Text>
      ))}
    </Stack>
  )
}

function Groups({ of }: { of: Source }) {
  return of.groups.map((group, place) => (
    <span key={group.id}>
      {place > 0 && ', '}
      <PlaceLink to={pages.group(group.id)}>{group.name}</PlaceLink>
    </span>
  ))
}

function Scope({ mask }: { mask: number }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        Limits
      </Text>
      <Text size="sm" c="dimmed">
        A scope gives no rights. It limits those of a role: a right counts only where the scope allows its verb on the
        level of its menu. Taken together, the scopes of these roles allow:
      </Text>
      {LEVELS.map((level) => (
        <Text size="sm" key={level}>
          {words(level)} level ({menusOn(level)}): at most <strong>{maskOn(mask, level)}</strong>
        </Text>
      ))}
    </div>
  )
}

function Grid({ menus, all }: { menus: MenuPermission[]; all: Giver[] }) {
  const [open, setOpen] = useState<string>()
  const cell = (spot: Spot, verb: Verb) => {
    const name = rightName(verb, spot)
    return (
      <td key={verb}>
        <Cell
          name={name}
          held={holds(menus, spot, verb)}
          origin={originOf(all, spot, verb)}
          opened={open === name}
          onToggle={(opened) => setOpen(opened ? name : undefined)}
        />
      </td>
    )
  }
  return (
    <ScrollBox label="Table of rights" framed>
      <table className="matrix" aria-label="Rights">
        <thead>
          <tr>
            <th scope="col">Menu and tab</th>
            {VERBS.map((verb) => (
              <th key={verb} scope="col">
                {words(verb)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {MENUS.flatMap(({ menu, tabs }) => [
            <tr key={menu} data-menu>
              <th scope="row">{words(menu)}</th>
              {VERBS.map((verb) => cell({ menu }, verb))}
            </tr>,
            ...tabs.map((tab) => (
              <tr key={`${menu}/${tab}`}>
                <th scope="row">{tabName(tab)}</th>
                {VERBS.map((verb) => cell({ menu, tab }, verb))}
              </tr>
            )),
          ])}
        </tbody>
      </table>
    </ScrollBox>
  )
}

type CellProps = {
  name: string
  held: boolean
  origin: { from: Source[]; held: Source[] }
  opened: boolean
  onToggle: (opened: boolean) => void
}

function Cell({ name, held, origin, opened, onToggle }: CellProps) {
  const down = !held && origin.held.length > 0
  if (!held && !down) {
    return (
      <span className="no-right">
        <Minus size={12} aria-hidden />
        <span className="visually-hidden">No</span>
      </span>
    )
  }
  const button = (
    <UnstyledButton
      className="right"
      data-down={down || undefined}
      aria-label={`${name}: ${down ? 'blocked by the role’s limits' : 'yes'}`}
      aria-expanded={opened}
      onClick={() => onToggle(!opened)}
    >
      {down ? <Ban size={14} aria-hidden /> : <Check size={15} strokeWidth={3} aria-hidden />}
    </UnstyledButton>
  )
  return (
    <Popover opened={opened} onChange={onToggle} position="bottom" withArrow shadow="md" width={320} trapFocus={false}>
      <Popover.Target>{button}</Popover.Target>
      <Popover.Dropdown>
        <Stack gap={6} ta="start">
          <Text size="sm" fw={600}>
            {name}
          </Text>
          {origin.from.map((source) => (
            <From key={source.role.id} source={source} />
          ))}
          {origin.held.map((source) => (
            <From key={source.role.id} source={source} down />
          ))}
          {origin.from.length + origin.held.length === 0 && <Text size="sm">Its source is not shown to you.</Text>}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  )
}

function From({ source, down = false }: { source: Source; down?: boolean }) {
  return (
    <Text size="sm" className="wrap-anywhere in-text" title={sourceInWords(source)}>
      {down ? 'Named by role ' : 'Role '}
      <PlaceLink to={pages.role(source.role.id)}>{source.role.name}</PlaceLink>, by group <Groups of={source} />
      {down && ', but blocked by the role’s limits'}
    </Text>
  )
}
