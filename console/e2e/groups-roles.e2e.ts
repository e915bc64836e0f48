// Groups give roles, roles give rights: the matrix, its diff, and what it comes to for a person.
import type { Locator, Page } from '@playwright/test'
import { accessible } from './accessible'
import { expect, signIn, test } from './fixtures'
import type { Server } from './server'
import { PASSWORD, type Tenant, accepted, fresh, tenant, user } from './world'

const at = (server: Server, of: Tenant, page: string) =>
  `${server.url}/a/${of.accountId}/e/${of.offer.enterpriseId}/access-control/${page}`
const none = { isVisible: false, canView: false, canCreate: false, canEdit: false, canDelete: false }
const everything = { isVisible: true, canView: true, canCreate: true, canEdit: true, canDelete: true }
const MENUS = ['dashboard', 'overview', 'account-settings', 'access-control', 'security', 'pipelines', 'builds']

async function role(
  server: Server,
  of: Tenant,
  permissions: unknown[] = [],
  mask = 0x7fff,
): Promise<{ id: string; name: string }> {
  const name = fresh('Operators')
  const { accountId, offer } = of
  const { id } = await server.api('POST', '/api/roles', { accountId, enterpriseId: offer.enterpriseId, name, mask })
  if (permissions.length > 0) {
    await server.api('PUT', `/api/roles/${id}/permissions?accountId=${accountId}`, { permissions })
  }
  return { id: id as string, name }
}

async function group(server: Server, of: Tenant, roleIds: string[]): Promise<{ id: string; name: string }> {
  const name = fresh('Night shift')
  const { accountId, offer } = of
  const { id } = await server.api('POST', '/api/groups', { accountId, enterpriseId: offer.enterpriseId, name, roleIds })
  return { id: id as string, name }
}

/** Also rights that no page uses yet. */
const showAll = (page: Page) => page.getByRole('switch', { name: /^Show rights that no page uses yet/ }).check()

const cell = (page: Page, name: string): Locator => page.getByRole('checkbox', { name, exact: true })

test.describe.configure({ mode: 'serial' })
let mine: Tenant
test.beforeAll(async ({ server }) => {
  mine = await tenant(server)
})

test('a role is made, given by a group, edited with a look at the changes, and reaches a person', async ({
  operator: page,
  server,
}) => {
  const [roleName, groupName] = [fresh('Deployers'), fresh('Day shift')]
  await page.goto(at(server, mine, 'roles'))
  await page.getByRole('link', { name: 'Create role' }).click()
  await accessible(page)
  await page.getByLabel('Name').fill(roleName)
  // Nobody deletes anything in access control with this role, whatever it permits.
  await cell(page, 'Enterprise level: delete').uncheck()
  await page.getByRole('button', { name: 'Create role' }).click()
  await expect(page.getByRole('heading', { level: 1, name: roleName })).toBeVisible()
  await expect(page.getByText('visible, view, create and edit')).toBeVisible()

  await page.goto(at(server, mine, 'groups'))
  await page.getByRole('link', { name: 'Create group' }).click()
  await page.getByLabel('Name').fill(groupName)
  await page.getByRole('combobox', { name: 'Roles' }).click()
  await page.getByRole('option', { name: roleName }).click()
  await page.keyboard.press('Escape')
  await accessible(page)
  await page.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByRole('heading', { level: 1, name: groupName })).toBeVisible()
  await accessible(page)
  const { id: groupId } = (
    await server.api<{ items: Array<{ id: string }> }>(
      'GET',
      `/api/groups?accountId=${mine.accountId}&name=${encodeURIComponent(groupName)}`,
    )
  ).items[0]!
  const grace = await user(server, mine, [groupId])

  await page.getByRole('link', { name: roleName }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  await cell(page, 'Edit: Access control / Users').check()
  await expect(page.getByText('4 unsaved changes')).toBeVisible()
  await expect(cell(page, 'View: Access control / Users')).toBeChecked()
  await expect(cell(page, 'View: Access control / Users')).toHaveAccessibleDescription(/Comes with Edit\.$/)
  await cell(page, 'Delete: Access control / Users').check()
  await expect(cell(page, 'Delete: Access control / Users')).toHaveAccessibleDescription(
    /blocked by the limits of the role/,
  )
  await accessible(page)
  await page.getByRole('button', { name: 'Review and save' }).click()
  const dialog = page.getByRole('dialog', { name: /Save 5 changes/ })
  await expect(dialog.getByRole('listitem')).toHaveText([
    '+ Visible: Access control',
    '+ Visible: Access control / Users',
    '+ View: Access control / Users',
    '+ Edit: Access control / Users',
    '+ Delete: Access control / Users',
  ])
  await dialog.getByRole('button', { name: 'Save 5 changes' }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  await page.reload()
  await expect(cell(page, 'Edit: Access control / Users')).toBeChecked()
  await expect(page.getByText('No unsaved changes')).toBeVisible()

  await page.goto(at(server, mine, `users/${grace.id}`))
  await page.getByRole('button', { name: 'Edit: Access control / Users: yes' }).click()
  await expect(page.getByRole('dialog')).toContainText(`Role ${roleName}, by group ${groupName}`)
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Delete: Access control / Users: blocked by the role’s limits' }).click()
  await expect(page.getByRole('dialog')).toContainText('but blocked by the role’s limits')
})

test('heads say all, some or none, and the keyboard moves in the grid', async ({ operator: page, server }) => {
  const { id } = await role(server, mine)
  await page.goto(at(server, mine, `roles/${id}`))
  const [column, menu, tab] = [
    cell(page, 'View: all menus and tabs'),
    cell(page, 'View: Access control'),
    cell(page, 'View: Access control / Users'),
  ]
  await tab.check()
  await expect(menu).toBeChecked({ indeterminate: true })
  await expect(column).toBeChecked({ indeterminate: true })
  await menu.click()
  await expect(menu).toBeChecked()
  await expect(cell(page, 'View: Access control / Roles')).toBeChecked()
  await column.click()
  await expect(column).toBeChecked()
  await expect(cell(page, 'View: Account settings / Licenses')).toBeChecked()
  // Taking view away takes what needs it; what is visible stays.
  await cell(page, 'Create: Access control / Users').check()
  await tab.uncheck()
  await expect(cell(page, 'Create: Access control / Users')).not.toBeChecked()
  await expect(cell(page, 'Visible: Access control / Users')).toBeChecked()

  await tab.focus()
  await page.keyboard.press('ArrowRight')
  await expect(cell(page, 'Create: Access control / Users')).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(cell(page, 'Create: Access control / Groups')).toBeFocused()
  await page.keyboard.press('Space')
  await expect(cell(page, 'Create: Access control / Groups')).toBeChecked()
  await page.keyboard.press('Home')
  await expect(cell(page, 'Visible: Access control / Groups')).toBeFocused()
  // One stop for Tab, and then on to the buttons.
  await page.keyboard.press('Tab')
  await expect(page.getByRole('button', { name: 'Discard' })).toBeFocused()

  // Leaving asks, and discarding takes everything back.
  await page.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Groups' }).click()
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Stay' }).click()
  await page.getByRole('button', { name: 'Discard' }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  await expect(column).not.toBeChecked()
})

test('somebody else’s save is a choice, not a loss', async ({ operator: page, server }) => {
  const { id, name } = await role(server, mine)
  const permissions = `/api/roles/${id}/permissions?accountId=${mine.accountId}`
  const theirs = { permissions: [{ menu: 'pipelines', ...everything, canDelete: false }] }
  const review = page.getByRole('dialog')
  await page.goto(at(server, mine, `roles/${id}`))
  await showAll(page)

  await cell(page, 'View: Security / SSO').check()
  await server.api('PUT', permissions, theirs)
  await page.getByRole('button', { name: 'Review and save' }).click()
  await review.getByRole('button', { name: /^Save \d/ }).click()
  await expect(review.getByText('Somebody else has changed this meanwhile')).toBeVisible()
  await review.getByRole('button', { name: 'Load theirs' }).click()
  await expect(cell(page, 'Edit: Pipelines / Pipelines')).toBeChecked()
  await expect(cell(page, 'View: Security / SSO')).not.toBeChecked()

  await cell(page, 'View: Security / SSO').check()
  await server.api('PUT', permissions, { permissions: [{ menu: 'builds', ...everything, canDelete: false }] })
  await page.getByRole('button', { name: 'Review and save' }).click()
  await review.getByRole('button', { name: /^Save \d/ }).click()
  // The changes are those to what is stored now, and theirs are named.
  await expect(review.getByRole('list', { name: 'Changes', exact: true }).getByRole('listitem')).toHaveText([
    '+ Visible: Security',
    '+ Visible: Security / SSO',
    '+ View: Security / SSO',
  ])
  await expect(review.getByRole('list', { name: 'Their changes' })).toContainText('+ Edit: Builds / Builds')
  await expect(review.getByRole('list', { name: 'Their changes' })).toContainText('− Edit: Pipelines / Pipelines')
  await review.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()
  await page.reload()
  await showAll(page)
  await expect(cell(page, 'View: Security / SSO')).toBeChecked()
  await expect(cell(page, 'Edit: Builds / Builds')).toBeChecked()
  await expect(cell(page, 'Edit: Pipelines / Pipelines')).not.toBeChecked()

  // The record itself has a version of its own.
  await page.getByRole('button', { name: 'Edit details' }).click()
  await page.getByLabel('Name').fill(`${name} again`)
  await server.api('PUT', `/api/roles/${id}?accountId=${mine.accountId}`, { description: 'Theirs' })
  await page.getByRole('button', { name: 'Save details' }).click()
  await page.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(page.getByRole('heading', { level: 1, name: `${name} again` })).toBeVisible()
  await expect(page.getByText('Theirs', { exact: true })).toBeVisible()
})

test('an administrator of an account grants what they hold, and no more', async ({ page, server }) => {
  const held = MENUS.map((menu) => ({ menu, ...(menu === 'access-control' ? everything : none) }))
  const keeper = await role(server, mine, held)
  const { id: groupId } = await group(server, mine, [keeper.id])
  const other = await role(server, mine)
  const wide = await role(server, mine, [{ menu: 'builds', ...everything }])
  const person = await user(server, mine, [groupId])
  await signIn(page, server.url, person.email, PASSWORD)

  await page.goto(at(server, mine, `roles/${other.id}`))
  await showAll(page)
  await expect(cell(page, 'Edit: Builds / Builds')).toHaveAttribute('aria-disabled', 'true')
  await expect(cell(page, 'Edit: Builds / Builds')).toHaveAccessibleDescription(/do not hold this right yourself/)
  await cell(page, 'Edit: Access control / Users').check()
  await page.getByRole('button', { name: 'Review and save' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save 4 changes' }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()

  // A role that gives more than they hold: taken away, it can be saved.
  await page.goto(at(server, mine, `roles/${wide.id}`))
  await expect(page.getByText('This role gives 21 rights that you do not hold yourself')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Review and save' })).toHaveAttribute('aria-disabled', 'true')

  // They add people without being let see licenses: seats are not shown, the server counts them.
  await page.goto(at(server, mine, 'users/new'))
  await expect(page.getByText('Free seats are not shown')).toBeVisible()
  await page.getByLabel('First name').fill('Joan')
  await page.getByLabel('Last name').fill('Clarke')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(`${fresh('joan').replace(' ', '-')}@people.example`)
  await page.getByRole('button', { name: 'Add user' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Joan Clarke' })).toBeVisible()
  await expect(page.getByText(/^Sent .*, good until /)).toBeVisible()

  // Such a role is not theirs to give, either: the server refuses.
  await page.goto(at(server, mine, 'groups/new'))
  await page.getByLabel('Name').fill(fresh('Too much'))
  await page.getByRole('combobox', { name: 'Roles' }).click()
  await page.getByRole('option', { name: wide.name }).click()
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Create group' }).click()
  await expect(page.getByRole('alert')).toContainText('This would give rights that you do not hold yourself.')
})

test('a viewer sees everything disabled, with the reason', async ({ page, server }) => {
  await accepted(server, mine.email)
  await signIn(page, server.url, mine.email, PASSWORD)
  const { id } = await role(server, mine)
  await page.goto(at(server, mine, `roles/${id}`))
  await expect(cell(page, 'Edit: Access control / Users')).toHaveAttribute('aria-disabled', 'true')
  await cell(page, 'Edit: Access control / Users').click({ force: true })
  await expect(cell(page, 'Edit: Access control / Users')).not.toBeChecked()
  for (const name of ['Edit details', 'Delete', 'Review and save']) {
    await expect(page.getByRole('button', { name, exact: true })).toHaveAttribute('aria-disabled', 'true')
  }
  await expect(page.getByRole('button', { name: 'Edit details' })).toHaveAccessibleDescription(
    /Access control \/ Roles: edit/,
  )
  await page.goto(at(server, mine, 'groups'))
  await expect(page.getByRole('button', { name: 'Create group' })).toHaveAttribute('aria-disabled', 'true')
  await page.getByRole('link', { name: 'Technical Group' }).click()
  await expect(page.getByRole('button', { name: 'Change roles' })).toHaveAttribute('aria-disabled', 'true')
  await expect(page.getByRole('link', { name: 'Ada Byron' })).toBeVisible()
})

test('what is built in stays, and what is not is deleted by its name', async ({ operator: page, server }) => {
  const made = await role(server, mine)
  const given = await group(server, mine, [made.id])
  await page.goto(at(server, mine, 'roles'))
  await accessible(page)
  await page.getByRole('link', { name: 'Technical Role' }).click()
  await expect(page.getByRole('button', { name: 'Delete' })).toHaveAccessibleDescription(/platform’s own/)
  await showAll(page)
  await expect(cell(page, 'View: Builds / Builds')).toHaveAttribute('aria-disabled', 'true')

  await page.goto(at(server, mine, 'groups'))
  await accessible(page)
  await page.getByRole('button', { name: `Actions for Technical Group` }).click()
  await expect(page.getByRole('menuitem', { name: 'Delete' })).toHaveAccessibleDescription(/platform’s own/)
  await page.keyboard.press('Escape')
  await page.getByRole('link', { name: given.name }).click()
  await page.getByRole('button', { name: 'Change roles' }).click()
  await page.getByRole('combobox', { name: 'Roles' }).click()
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Save roles' }).click()
  await expect(page.getByText('This group gives no role yet')).toBeVisible()
  await page.getByRole('button', { name: 'Delete' }).click()
  await page
    .getByRole('dialog', { name: `Delete group ${given.name}` })
    .getByRole('button', { name: 'Delete group' })
    .click()
  await expect(page.getByRole('heading', { level: 1, name: 'Groups' })).toBeVisible()
  await expect(page.getByRole('link', { name: given.name })).toHaveCount(0)

  await page.goto(at(server, mine, `roles/${made.id}`))
  await page.getByRole('button', { name: 'Delete' }).click()
  await page
    .getByRole('dialog', { name: `Delete role ${made.name}` })
    .getByRole('button', { name: 'Delete role' })
    .click()
  await expect(page.getByRole('heading', { level: 1, name: 'Roles' })).toBeVisible()
})

test('deleting what is in use says from how many it is taken, and asks', async ({ operator: page, server }) => {
  const made = await role(server, mine)
  const given = await group(server, mine, [made.id])
  await user(server, mine, [given.id])
  await user(server, mine, [given.id])
  await page.goto(at(server, mine, `roles/${made.id}`))
  await page.getByRole('button', { name: 'Delete' }).click()
  const ofRole = page.getByRole('dialog', { name: `Delete role ${made.name}` })
  await ofRole.getByRole('button', { name: 'Delete role' }).click()
  await expect(ofRole.getByRole('alert')).toContainText('2 users and 1 group would lose this role')
  await accessible(page)
  await ofRole.getByRole('button', { name: 'Cancel' }).click()
  await page.getByRole('button', { name: 'Delete' }).click()
  await ofRole.getByRole('button', { name: 'Delete role', exact: true }).click()
  await ofRole.getByRole('button', { name: 'Delete role all the same' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Roles' })).toBeVisible()

  await page.goto(at(server, mine, `groups/${given.id}`))
  await page.getByRole('button', { name: 'Delete' }).click()
  const ofGroup = page.getByRole('dialog', { name: `Delete group ${given.name}` })
  await ofGroup.getByRole('button', { name: 'Delete group' }).click()
  await expect(ofGroup.getByRole('alert')).toContainText('2 users in this group would lose what it gives')
  await ofGroup.getByRole('button', { name: 'Delete group all the same' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Groups' })).toBeVisible()
  await expect(page.getByRole('link', { name: given.name })).toHaveCount(0)
})

test('two who change the roles of a group at once lose nothing', async ({ operator: page, server }) => {
  const [one, two] = [await role(server, mine), await role(server, mine)]
  const given = await group(server, mine, [])
  await page.goto(at(server, mine, `groups/${given.id}`))
  await page.getByRole('button', { name: 'Change roles' }).click()
  await page.getByRole('combobox', { name: 'Roles' }).click()
  await page.getByRole('option', { name: one.name }).click()
  await page.keyboard.press('Escape')
  const path = `/api/groups/${given.id}/roles?accountId=${mine.accountId}`
  await server.api('PUT', path, { roleIds: [two.id] })
  await page.getByRole('button', { name: 'Save roles' }).click()
  await expect(page.getByRole('alert')).toContainText('Somebody else has changed this meanwhile')
  await page.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(page.getByRole('link', { name: one.name })).toBeVisible()
  await expect(page.getByRole('link', { name: two.name })).toBeVisible()
  const stored = await server.api<{ items: Array<{ id: string }> }>('GET', path)
  expect(new Set(stored.items.map(({ id }) => id))).toEqual(new Set([one.id, two.id]))
})

test('the only administrator is warned before they remove their own right', async ({ page, server }) => {
  const admins = await role(
    server,
    mine,
    MENUS.map((menu) => ({ menu, ...everything })),
  )
  const given = await group(server, mine, [admins.id])
  const admin = await user(server, mine, [given.id])
  await signIn(page, server.url, admin.email, PASSWORD)
  await page.goto(at(server, mine, `users/${admin.id}`))
  await page.getByRole('button', { name: 'Change groups' }).click()
  await page.getByRole('combobox', { name: 'Groups' }).click()
  await page.keyboard.press('Backspace')
  await page.keyboard.press('Escape')
  await page.getByRole('button', { name: 'Save groups' }).click()
  await expect(page.getByRole('alert')).toContainText('You would lose your own rights')
  await accessible(page)
  await page.getByRole('button', { name: 'Save all the same' }).click()
  await expect
    .poll(async () => {
      const path = `/api/users/${admin.id}/groups?accountId=${mine.accountId}`
      return (await server.api<{ items: unknown[] }>('GET', path)).items.length
    })
    .toBe(0)
})

test('a role starts from a preset, is duplicated, and is compared with another', async ({ operator: page, server }) => {
  await page.goto(at(server, mine, 'roles/new'))
  await page.getByRole('radio', { name: 'Editor' }).check()
  await expect(page.getByLabel('Name')).toHaveValue('Editor')
  await page.getByRole('radio', { name: 'Viewer' }).check()
  // A proposal gives way to another, and to what is typed.
  await expect(page.getByLabel('Name')).toHaveValue('Viewer')
  const name = fresh('Lookers')
  await page.getByLabel('Name').fill(name)
  await page.getByRole('radio', { name: 'Access manager' }).check()
  await expect(page.getByLabel('Name')).toHaveValue(name)
  await accessible(page)
  await page.getByRole('button', { name: 'Create role' }).click()
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible()
  await expect(cell(page, 'Edit: Access control / Users')).toBeChecked()
  await expect(cell(page, 'Edit: Access control / Users')).toHaveAccessibleDescription(/^Changes, enables and disables/)
  await expect(cell(page, 'Edit: Account settings / Workstreams')).not.toBeChecked()
  // What nothing asks a tenant for has no box.
  await expect(cell(page, 'Delete: Account settings / Licenses')).toHaveCount(0)
  await expect(cell(page, 'View: Builds / Builds')).toHaveCount(0)

  await page.getByRole('button', { name: 'Duplicate' }).click()
  await expect(page.getByLabel('Name')).toHaveValue(`${name} copy`)
  await page.getByRole('button', { name: 'Create role' }).click()
  await expect(page.getByRole('heading', { level: 1, name: `${name} copy` })).toBeVisible()
  await cell(page, 'Delete: Access control / Roles').uncheck()
  await page.getByRole('button', { name: 'Review and save' }).click()
  await page.getByRole('dialog').getByRole('button', { name: 'Save 1 change' }).click()
  await expect(page.getByText('No unsaved changes')).toBeVisible()

  await page.getByRole('button', { name: 'Compare' }).click()
  const second = page
    .getByRole('combobox', { name: 'Second role' })
    .or(page.getByRole('textbox', { name: 'Second role' }))
  await second.first().click()
  await page.getByRole('option', { name, exact: true }).click()
  await expect(page.getByRole('region', { name: '1 difference' })).toBeVisible()
  const rows = page.getByRole('region', { name: 'Table of compared rights' }).getByRole('row')
  await expect(rows).toHaveCount(2)
  await expect(rows.nth(1)).toHaveText(/^Delete: Access control \/ Roles\s*No\s*Yes$/)
  await second.first().click()
  await page.getByRole('option', { name: 'Account administrator (preset)' }).click()
  await expect(page.getByRole('row', { name: /^Edit: Account settings \/ Workstreams/ })).toBeVisible()
})
