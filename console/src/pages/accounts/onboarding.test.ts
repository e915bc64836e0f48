import { beforeEach, expect, test } from 'vitest'
import { aYearFrom } from '../licenses/terms'
import { choicesOf, firstOf, licensable, type Offered, pickEnterprise } from './offers'
import {
  blank,
  bodyOf,
  dropDraft,
  isRepeated,
  keepDraft,
  keptDraft,
  newLicense,
  REVIEW,
  stepAt,
  stepOf,
} from './onboarding'

const named = (id: string, services: string[] = []) => ({
  id,
  name: id,
  services: services.map((one) => ({ id: one, name: one })),
})
const enterprise = (id: string, products: Offered['products'], builtIn = false) =>
  ({ id, name: id, products, builtIn, productIds: [] }) as unknown as Offered
const NOW = Date.parse('2026-03-01T12:00:00Z')

const one = enterprise('e1', [named('p1', ['s1'])])
const two = enterprise('e2', [named('p2', ['s2', 's3']), named('p3', ['s4']), named('p4')])

beforeEach(() => sessionStorage.clear())

test('what leaves no choice is chosen', () => {
  expect(firstOf([one])).toEqual({ enterpriseId: 'e1', productId: 'p1', serviceId: 's1' })
  expect(firstOf([one, two])).toEqual({ enterpriseId: '', productId: '', serviceId: '' })
  expect(pickEnterprise([one, two], 'e2')).toEqual({ enterpriseId: 'e2', productId: '', serviceId: '' })
})

test('the lists depend on the fields above them', () => {
  const choices = choicesOf([one, two, enterprise('e3', [])], { enterpriseId: 'e2', productId: 'p2' })
  expect(choices.services.map((choice) => choice.value)).toEqual(['s2', 's3'])
  expect(choices.enterprises.at(-1)).toMatchObject({ value: 'e3', disabled: true })
  expect(choices.products.at(-1)).toMatchObject({ value: 'p4', disabled: true })
  expect(licensable([one, enterprise('root', [], true)])).toEqual([one])
})

test('each field has its step', () => {
  expect(stepOf('name')).toBe(0)
  expect(stepOf('address.country')).toBe(1)
  expect(stepOf('administrator.email')).toBe(2)
  expect(stepOf('technicalUser.email')).toBe(2)
  expect(stepOf('licenses.0.numberOfUsers')).toBe(3)
  expect(stepOf('unheard-of')).toBe(REVIEW)
  expect(stepAt('licenses', 1)).toBe(1)
  expect(stepAt('address', 4)).toBe(1)
  expect(stepAt(undefined, 4)).toBe(0)
})

test('a license lasts a year, with its first and last day, also about a leap day', () => {
  expect(newLicense([one], Date.parse('2026-11-29T12:00:00Z'))).toMatchObject({
    startDate: '2026-11-29',
    endDate: '2027-11-28',
  })
  expect(aYearFrom('2027-03-01')).toBe('2028-02-29')
  expect(aYearFrom('2028-02-29')).toBe('2029-02-28')
})

test('the body leaves out what was not typed, and what the platform gives by itself', () => {
  const values = blank([one], NOW)
  values.administrator = { invited: true, firstName: 'Mary', lastName: 'Shaw', email: 'mary@acme.example' }
  const body = bodyOf(values)
  expect(body.administrator).toEqual({ firstName: 'Mary', lastName: 'Shaw', email: 'mary@acme.example' })
  expect(body.address.line2).toBeNull()
  expect(body.technicalUser.endDate).toBeNull()
  expect(body.licenses[0]).toMatchObject({ serviceId: 's1', contact: null, startDate: '2026-03-01' })
  values.administrator.invited = false
  expect(bodyOf(values)).not.toHaveProperty('administrator')
  values.licenses[0]!.contact.name = 'Grace'
  expect(bodyOf(values).licenses[0]!.contact).toEqual({ name: 'Grace', email: '', phone: null })
})

test('the same triple twice is seen at the second', () => {
  const { licenses } = blank([one], NOW)
  const twice = [licenses[0]!, { ...licenses[0]! }]
  expect(isRepeated(twice, 0)).toBe(false)
  expect(isRepeated(twice, 1)).toBe(true)
})

test('a draft is kept for its person, and a damaged one is none', () => {
  const draft = { at: NOW, step: 2, values: blank([one], NOW) }
  expect(keepDraft('ada', draft)).toBe(true)
  expect(keptDraft('ada')).toEqual(draft)
  expect(keptDraft('bob')).toBeUndefined()
  sessionStorage.setItem('freehold.onboarding.bob', '{"at":"x"}')
  expect(keptDraft('bob')).toBeUndefined()
  dropDraft('ada')
  expect(keptDraft('ada')).toBeUndefined()
})
