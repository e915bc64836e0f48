// Which license a new user sits on: enterprise, product and service, each step narrowed by the one before.
export type Licensed = {
  enterpriseId: string
  productId: string
  serviceId: string
  /** Seats of all licenses of this triple; unknown to those who may not see licenses. */
  seats?: { all: number; used: number; free: number }
}
export type Triple = Pick<Licensed, 'enterpriseId' | 'productId' | 'serviceId'>

const STEPS = ['enterpriseId', 'productId', 'serviceId'] as const
export type Step = (typeof STEPS)[number]

type TripleSeats = Triple & { seats: number; used: number; available: number }

/** What the licenses in force come to, each triple once. */
export function licensed(licenses: Triple[], triples: TripleSeats[]): Licensed[] {
  const found = new Map<string, Licensed>()
  for (const { enterpriseId, productId, serviceId } of licenses) {
    const triple = { enterpriseId, productId, serviceId }
    const counted = triples.find((one) => STEPS.every((step) => one[step] === triple[step]))
    const seats = { all: counted?.seats ?? 0, used: counted?.used ?? 0, free: counted?.available ?? 0 }
    found.set(STEPS.map((step) => triple[step]).join('/'), { ...triple, seats })
  }
  return [...found.values()]
}

/** The ids that can be chosen at a step, after those before it. */
export function choicesAt(all: Licensed[], chosen: Triple, step: Step): string[] {
  const before = STEPS.slice(0, STEPS.indexOf(step))
  const left = all.filter((one) => before.every((earlier) => one[earlier] === chosen[earlier]))
  return [...new Set(left.map((one) => one[step]))]
}

/** A choice at one step: what comes after it is chosen anew, by itself where there is one choice. */
export function choose(all: Licensed[], chosen: Triple, step: Step, id: string): Triple {
  const next: Triple = { ...chosen, [step]: id }
  for (const later of STEPS.slice(STEPS.indexOf(step) + 1)) {
    const choices = choicesAt(all, next, later)
    next[later] = choices.length === 1 ? choices[0]! : choices.includes(chosen[later]) ? chosen[later] : ''
  }
  return next
}

/** Where the form begins: at the enterprise that one is in, if it has a license. */
export function begin(all: Licensed[], enterpriseId: string): Triple {
  const none = { enterpriseId: '', productId: '', serviceId: '' }
  const enterprises = choicesAt(all, none, 'enterpriseId')
  const first = enterprises.includes(enterpriseId)
    ? enterpriseId
    : enterprises.length === 1
      ? enterprises[0]
      : undefined
  return first ? choose(all, none, 'enterpriseId', first) : none
}

export function seatsOf(all: Licensed[], chosen: Triple): Licensed['seats'] {
  return all.find((one) => STEPS.every((step) => one[step] === chosen[step]))?.seats
}
