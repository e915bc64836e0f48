// Services, products, enterprises, licenses and workstreams.
import { choose, expect, go, test } from './fixtures'
import { fresh, tenant } from './world'

test('a service, a product of it, an enterprise of that, and a license for an account', async ({
  operator,
  server,
}) => {
  const [service, product, enterprise] = [fresh('Ledger'), fresh('Payments'), fresh('Retail')]
  await go(operator, 'account-settings/services')
  await operator.getByRole('link', { name: 'Create service' }).first().click()
  await operator.getByRole('button', { name: 'Create service' }).click()
  await expect(operator.getByText('Name is needed')).toBeVisible()
  await operator.getByLabel('Name').fill(`  ${service}  `)
  await operator.getByLabel('Description').fill('Books and balances')
  await operator.getByRole('button', { name: 'Create service' }).click()
  await expect(operator.getByText(`Service ${service} is created`)).toBeVisible()

  await go(operator, 'account-settings/products/new')
  await operator.getByLabel('Name').fill(product)
  await choose(operator, 'Services', service)
  await operator.keyboard.press('Escape')
  await operator.getByRole('button', { name: 'Create product' }).click()
  await expect(operator.getByText(`Product ${product} is created`)).toBeVisible()

  await go(operator, 'account-settings/enterprises/new')
  await operator.getByLabel('Name').fill(enterprise)
  await choose(operator, 'Products', product)
  await operator.keyboard.press('Escape')
  await operator.getByRole('button', { name: 'Create enterprise' }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Enterprises' })).toBeVisible()

  const made = await tenant(server)
  await operator.goto(`${server.url}/a/${made.accountId}/e/${made.offer.enterpriseId}/account-settings/licenses/new`)
  await choose(operator, 'Enterprise', enterprise)
  // One product and one service are no choice.
  await expect(operator.getByRole('combobox', { name: 'Service' })).toHaveValue(service)
  await operator.getByLabel('Number of users').fill('0')
  await operator.getByRole('button', { name: 'Add license' }).click()
  await expect(operator.getByText('At least 1')).toBeVisible()
  await operator.getByLabel('Number of users').fill('7')
  await operator.getByLabel('Last day').fill('2020-01-01')
  await operator.getByRole('button', { name: 'Add license' }).click()
  await expect(operator.getByText('Not before the first day')).toBeVisible()
  await operator.getByLabel('Last day').fill('2031-01-01')
  await operator.getByRole('button', { name: 'Add license' }).click()
  await expect(operator.getByText('The license is added')).toBeVisible()
  const { licenses } = await server.api<{ licenses: Array<{ seats: number }> }>(
    'GET',
    `/api/licenses/capacity?accountId=${made.accountId}`,
  )
  expect(licenses.map((one) => one.seats).toSorted((a, b) => a - b)).toEqual([7, 10])
})

test('a name that is taken is said at the name', async ({ operator, server, acme }) => {
  await server.api('GET', `/api/services/${acme.offer.serviceId}`)
  await go(operator, 'account-settings/services/new')
  await operator.getByLabel('Name').fill(acme.offer.service)
  await operator.getByRole('button', { name: 'Create service' }).click()
  await expect(operator.getByLabel('Name')).toHaveAttribute('aria-invalid', 'true')
  await expect(operator.getByLabel('Name')).toBeFocused()
  await expect(operator.getByLabel('Name')).toHaveValue(acme.offer.service)
})

test('what somebody else saved meanwhile is a choice: theirs, or mine over it', async ({ operator, server }) => {
  const first = fresh('Before')
  const { id } = await server.api('POST', '/api/services', { name: first })
  const rival = (name: string) => server.api('PUT', `/api/services/${id as string}`, { name })
  await go(operator, `account-settings/services/${id as string}`)
  const [theirs, mine, last] = [fresh('Theirs'), fresh('Mine'), fresh('Last')]
  const field = operator.getByLabel('Name')

  await field.fill(mine)
  await rival(theirs)
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(operator.getByRole('alert')).toContainText('Somebody else has changed this meanwhile')
  await expect(field).toHaveValue(mine)
  await operator.getByRole('button', { name: 'Load theirs' }).click()
  await expect(field).toHaveValue(theirs)

  await field.fill(last)
  await rival(fresh('Again'))
  await operator.getByRole('button', { name: 'Save', exact: true }).click()
  await operator.getByRole('button', { name: 'Save mine over it' }).click()
  await expect(operator.getByText(`Service ${last} is saved`)).toBeVisible()
  expect((await server.api('GET', `/api/services/${id as string}`)).name).toBe(last)
})

test('what is in use can’t be deleted, and the dialog says why', async ({ operator, acme }) => {
  await go(operator, 'account-settings/services')
  await operator.getByLabel('Name').fill(acme.offer.service)
  await operator.getByRole('button', { name: `Actions for ${acme.offer.service}` }).click()
  await operator.getByRole('menuitem', { name: 'Delete' }).click()
  const dialog = operator.getByRole('dialog', { name: `Delete service ${acme.offer.service}` })
  await dialog.getByRole('button', { name: 'Delete service' }).click()
  await expect(dialog.getByRole('alert')).toContainText('still in use')
  await dialog.getByRole('button', { name: 'Cancel' }).click()
  await expect(dialog).toBeHidden()
})

test('a record is deleted from its own page, unsaved changes included', async ({ operator, server }) => {
  for (const noun of ['service', 'product', 'enterprise']) {
    const name = fresh('Retired')
    const { id } = await server.api('POST', `/api/${noun}s`, { name })
    await go(operator, `account-settings/${noun}s/${id as string}`)
    await operator.getByLabel('Description').fill('Not saved')
    await operator.getByRole('button', { name: 'Delete', exact: true }).click()
    const dialog = operator.getByRole('dialog', { name: `Delete ${noun} ${name}` })
    await dialog.getByRole('button', { name: `Delete ${noun}` }).click()
    await expect(operator.getByText(`${name} is deleted`)).toBeVisible()
    await expect(operator).toHaveURL(new RegExp(`account-settings/${noun}s$`))
  }
})

test('leaving a form with work in it asks first', async ({ operator }) => {
  await go(operator, 'account-settings/services/new')
  await operator.getByLabel('Name').fill('Not saved')
  await operator.getByRole('link', { name: 'Licenses' }).click()
  const dialog = operator.getByRole('dialog', { name: 'Leave without saving?' })
  await dialog.getByRole('button', { name: 'Stay' }).click()
  await expect(operator.getByLabel('Name')).toHaveValue('Not saved')
  await operator.getByRole('link', { name: 'Licenses' }).click()
  await dialog.getByRole('button', { name: 'Leave' }).click()
  await expect(operator.getByRole('heading', { level: 1, name: 'Licenses' })).toBeVisible()
})

test('a list is filtered in the address, and says when nothing matches', async ({ operator, acme }) => {
  await go(operator, 'account-settings/services')
  await operator.getByLabel('Name').fill('no service begins like this')
  await expect(operator).toHaveURL(/name=no\+service/)
  await expect(operator.getByText('No service matches')).toBeVisible()
  await operator.getByRole('button', { name: 'Clear the filters' }).click()
  await expect(operator.getByLabel('Name')).toHaveValue('')
  await operator.getByLabel('Name').fill(acme.offer.service.slice(0, -1).toUpperCase())
  await expect(operator.getByRole('link', { name: acme.offer.service, exact: true })).toBeVisible()
})

test('a workstream keeps its tools and their settings', async ({ operator, server }) => {
  const made = await tenant(server)
  await operator.goto(`${server.url}/a/${made.accountId}/e/${made.offer.enterpriseId}/account-settings/workstreams/new`)
  const name = fresh('Checkout')
  await operator.getByRole('textbox', { name: 'Name', exact: true }).fill(name)
  await operator.getByRole('button', { name: 'Add tool' }).click()
  await operator.getByLabel('Name of tool 1').fill('Tracker')
  await operator.getByLabel('Address of tool 1').fill('tracker.example')
  await operator.getByLabel('Settings of tool 1').fill('project = SHOP\nregion')
  await operator.getByRole('button', { name: 'Create workstream' }).click()
  await expect(operator.getByText('“region” is no setting')).toBeVisible()
  await operator.getByLabel('Settings of tool 1').fill('project = SHOP')
  await operator.getByRole('button', { name: 'Create workstream' }).click()
  // The address is the server's to judge, and its word stands at the field.
  await expect(operator.getByLabel('Address of tool 1')).toHaveAttribute('aria-invalid', 'true')
  await operator.getByLabel('Address of tool 1').fill('https://tracker.example/')
  await operator.getByRole('button', { name: 'Create workstream' }).click()
  await operator.getByRole('link', { name }).click()
  await expect(operator.getByLabel('Settings of tool 1')).toHaveValue('project = SHOP')
})

test('names that try to be something else are only names', async ({ operator, server }) => {
  const names = [
    `<img src=x onerror="document.title='broken'"> ${fresh('m')}`,
    `شركة الاختبار ${fresh('r')}`,
    `🚀 Apollo ${fresh('e')}`,
    `${'Long'.repeat(46)} ${fresh('l')}`,
  ]
  for (const name of names) await server.api('POST', '/api/services', { name })
  await operator.setViewportSize({ width: 390, height: 844 })
  for (const name of names) {
    await go(operator, 'account-settings/services')
    await operator.getByLabel('Name').fill(name.slice(0, 60))
    await operator.getByRole('link', { name, exact: true }).click()
    await expect(operator.getByRole('heading', { level: 1, name, exact: true })).toBeVisible()
    await expect(operator.getByLabel('Name')).toHaveValue(name)
    const overflow = await operator.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    )
    expect(overflow, name).toBe(0)
    expect(await operator.title()).toBe(`${name} · Freehold`)
  }
})
