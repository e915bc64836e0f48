import { expect, test } from 'vitest'
import { begin, choicesAt, choose, licensed, seatsOf } from './license'

const row = (licenseId: string, enterpriseId: string, productId: string, serviceId: string) => ({
  licenseId,
  enterpriseId,
  productId,
  serviceId,
})
const seats = (licenseId: string, all: number, used: number) => ({ licenseId, seats: all, used, available: all - used })

const all = licensed(
  [
    row('1', 'e', 'p', 's'),
    row('2', 'e', 'p', 's'),
    row('3', 'e', 'q', 's'),
    row('4', 'e', 'q', 't'),
    row('5', 'f', 'q', 't'),
  ],
  [seats('1', 5, 5), seats('2', 3, 1), seats('3', 1, 1), seats('4', 1, 0), seats('5', 1, 0)],
)

test('the seats of licenses for the same triple are one number', () => {
  expect(all.length).toBe(4)
  expect(seatsOf(all, { enterpriseId: 'e', productId: 'p', serviceId: 's' })).toEqual({ all: 8, used: 6, free: 2 })
  expect(seatsOf(all, { enterpriseId: 'e', productId: 'p', serviceId: '' })).toBeUndefined()
})

test('each step is narrowed by the ones before, and one choice is chosen', () => {
  const begun = begin(all, 'e')
  expect(begun).toEqual({ enterpriseId: 'e', productId: '', serviceId: '' })
  expect(choicesAt(all, begun, 'productId')).toEqual(['p', 'q'])
  expect(choose(all, begun, 'productId', 'p')).toEqual({ enterpriseId: 'e', productId: 'p', serviceId: 's' })
  const wide = choose(all, choose(all, begun, 'productId', 'p'), 'productId', 'q')
  expect(wide).toEqual({ enterpriseId: 'e', productId: 'q', serviceId: 's' })
  expect(choose(all, wide, 'enterpriseId', 'f')).toEqual({ enterpriseId: 'f', productId: 'q', serviceId: 't' })
})

test('the form begins where one is, or at the only enterprise there is', () => {
  expect(begin(all, 'f')).toEqual({ enterpriseId: 'f', productId: 'q', serviceId: 't' })
  expect(begin(all, 'elsewhere').enterpriseId).toBe('')
  expect(begin(all.slice(0, 1), 'elsewhere')).toEqual({ enterpriseId: 'e', productId: 'p', serviceId: 's' })
})
