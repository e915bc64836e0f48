// What two roles permit, right by right. A right counts only within the limits of its role.
import { type Spot, VERBS, type Verb, levelOf, maskAllows } from '../../app/permissions'
import { type Grants, ROWS, keyOf } from './matrix'

export type Permitted = { grants: Grants; mask: number }
export type ComparedRight = { key: string; row: Spot; verb: Verb; one: boolean; two: boolean }

/** The rights that at least one of them permits, in the order of the matrix. */
export function compared(one: Permitted, two: Permitted): ComparedRight[] {
  const permits = ({ grants, mask }: Permitted, row: Spot, verb: Verb) =>
    grants.has(keyOf(row, verb)) && maskAllows(mask, levelOf(row.menu), verb)
  return ROWS.filter((row) => row.tab !== undefined).flatMap((row) =>
    VERBS.map((verb) => ({
      key: keyOf(row, verb),
      row,
      verb,
      one: permits(one, row, verb),
      two: permits(two, row, verb),
    })).filter((right) => right.one || right.two),
  )
}
