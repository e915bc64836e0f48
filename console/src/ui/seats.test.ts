import { expect, test } from 'vitest'
import { seatsOfLicense } from './licenseSeats'
import { leftInWords, seatsInWords } from './Seats'

test('seats are counted in one wording, and too few of them are named', () => {
  const inWords = (used: number, total: number, missing?: number) =>
    `${seatsInWords(used, total)}, ${leftInWords({ used, total, ...(missing === undefined ? {} : { missing }) })}`
  expect(inWords(1, 10)).toBe('1 of 10 seats used, 9 free')
  expect(inWords(1, 1)).toBe('1 of 1 seat used, none free')
  expect(inWords(2, 1)).toBe('2 of 1 seat used, over capacity, 1 seat missing')
  expect(inWords(3, 5, 2)).toBe('3 of 5 seats used, over capacity, 2 seats missing')
})

test('a license alone shows all users of its triple, one of several its own seats', () => {
  const triple = { enterpriseId: 'e', productId: 'p', serviceId: 's' }
  const capacity = (
    licenses: Array<[id: string, seats: number, used: number]>,
    seats: number,
    used: number,
    by: number,
  ) =>
    ({
      licenses: licenses.map(([licenseId, all, taken]) => ({ licenseId, seats: all, used: taken, available: 0 })),
      triples: [{ ...triple, seats, used, available: 0, overCapacity: by > 0 ? { by, refused: 0 } : null }],
    }) as never
  const license = { id: 'l', ...triple }
  expect(seatsOfLicense(capacity([['l', 1, 1]], 1, 2, 1), license)).toEqual({ used: 2, total: 1, missing: 1 })
  const two = capacity(
    [
      ['l', 1, 1],
      ['m', 2, 2],
    ],
    3,
    5,
    2,
  )
  expect(seatsOfLicense(two, license)).toEqual({ used: 1, total: 1, missing: 2 })
  expect(seatsOfLicense(two, { ...license, id: 'ended' })).toBeUndefined()
})
