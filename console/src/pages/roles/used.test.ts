import { expect, test } from 'vitest'
import { MENUS, VERBS } from '../../app/permissions'
import { aboutRight, aboutTab, askedOfTenants, isUsed } from './used'

const EVERY = MENUS.flatMap(({ menu, tabs }) => tabs.flatMap((tab) => VERBS.map((verb) => ({ menu, tab, verb }))))
const used = EVERY.filter(({ menu, tab, verb }) => isUsed({ menu, tab }, verb))

test('every right that a tenant is asked for is in the matrix, with a sentence on it', () => {
  for (const asked of askedOfTenants()) {
    const right = used.find(({ menu, tab, verb }) => `${menu}/${tab}:${verb}` === asked)
    expect(right, asked).toBeDefined()
    expect(aboutRight(right!, right!.verb), asked).toMatch(/^[A-Z].*\.$/)
    expect(aboutTab(right!), asked).toMatch(/^[A-Z].*\.$/)
  }
})

test('no right is in the matrix that nothing asks for', () => {
  const asked = askedOfTenants()
  // Everybody reads the catalogue and their own overview: these rights show the pages.
  const shows = new Set(['dashboard/summary:view', 'account-settings/enterprises:view'])
  for (const { menu, tab, verb } of used.filter((one) => one.verb !== 'visible')) {
    const key = `${menu}/${tab}:${verb}`
    expect(asked.has(key) || shows.has(key), key).toBe(true)
  }
})
