import { expect, test } from 'vitest'
import { type FoundRecord, foundByKind, foundDetail, foundPath, isQuery, stillMatching } from './found'

const HERE = { accountId: 'a1', enterpriseId: 'e1' }

function found(kind: string, more: Partial<FoundRecord> = {}): FoundRecord {
  return { kind, id: `${kind}-1`, name: kind, matched: 'name', rank: 'prefix', ...more }
}

const OWNED = { account: { id: 'a2', name: 'Acme' }, enterprise: { id: 'e2', name: 'Retail' } }

test('a record is opened in its own account and enterprise', () => {
  expect(foundPath(HERE, found('user', OWNED))).toBe('/a/a2/e/e2/access-control/users/user-1')
  expect(foundPath(HERE, found('product'))).toBe('/a/a1/e/e1/account-settings/products/product-1')
  const account = found('account', { account: OWNED.account })
  expect(foundPath(HERE, account)).toBe('/a/account-1/e/-/account-settings/account')
})

test('what tells records apart is said once', () => {
  expect(foundDetail(found('user', { ...OWNED, detail: 'grace@acme.example' }))).toBe(
    'grace@acme.example · Acme · Retail',
  )
  expect(foundDetail(found('group', { ...OWNED, enterprise: { id: 'e2', name: 'Acme' } }))).toBe('Acme')
  expect(foundDetail(found('account', { account: OWNED.account, detail: 'Acme Holding' }))).toBe('Acme Holding')
  expect(foundDetail(found('service'))).toBe('')
})

test('groups are in the order of their best matches, without kinds that have no page', () => {
  const items = [found('user'), found('group'), found('connection'), found('user', { id: 'user-2' })]
  expect(foundByKind(items).map(({ group, items: of }) => [group, of.length])).toEqual([
    ['Users', 2],
    ['Groups', 1],
  ])
})

test('what was found before stays as long as it matches', () => {
  const grace = found('user', { name: 'Gráce Hopper', detail: 'gh@acme.example' })
  expect(stillMatching([grace], 'grace h')).toEqual([grace])
  expect(stillMatching([grace], 'ACME hop')).toEqual([grace])
  expect(stillMatching([grace], 'hoppers')).toEqual([])
})

test('one letter of an alphabet is no query', () => {
  expect(['', ' ', 'a', 'é '].map(isQuery)).toEqual([false, false, false, false])
  expect(['ab', '株', ' x y'].map(isQuery)).toEqual([true, true, true])
})
