import { expect, test } from 'vitest'
import { begin, choicesAt, choose, licensed, seatsOf } from './license'

const row = (enterpriseId: string, productId: string, serviceId: string) => ({ enterpriseId, productId, serviceId })
const seats = (all: number, used: number) => ({ seats: all, used, available: Math.max(all - used, 0) })

const all = licensed(
  [row('e', 'p', 's'), row('e', 'p', 's'), row('e', 'q', 's'), row('e', 'q', 't'), row('f', 'q', 't')],
  [
    { ...row('e', 'p', 's'), ...seats(8, 6) },
    { ...row('e', 'q', 's'), ...seats(1, 2) },
    { ...row('e', 'q', 't'), ...seats(1, 0) },
    { ...row('f', 'q', 't'), ...seats(1, 0) },
  ],
)

test('the seats of licenses for the same triple are one number', () => {
  expect(all.length).toBe(4)
  expect(seatsOf(all, { enterpriseId: 'e', productId: 'p', serviceId: 's' })).toEqual({ all: 8, used: 6, free: 2 })
  expect(seatsOf(all, { enterpriseId: 'e', productId: 'q', serviceId: 's' })).toEqual({ all: 1, used: 2, free: 0 })
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
