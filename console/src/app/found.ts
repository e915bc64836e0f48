// What a search over records found, as the palette shows it.
import type { Answer } from '../api/queries'
import { type Place, NO_ENTERPRISE, pages, placePath } from '../paths'

export type FoundRecord = Answer<'/api/search'>['items'][number]

const KINDS: Record<string, { plural: string; page: (id: string) => string }> = {
  account: { plural: 'Accounts', page: pages.account },
  enterprise: { plural: 'Enterprises', page: pages.enterprise },
  product: { plural: 'Products', page: pages.product },
  service: { plural: 'Services', page: pages.service },
  license: { plural: 'Licenses', page: pages.license },
  workstream: { plural: 'Workstreams', page: pages.workstream },
  user: { plural: 'Users', page: pages.user },
  group: { plural: 'Groups', page: pages.group },
  role: { plural: 'Roles', page: pages.role },
}

/** The address of a record, in its own account and enterprise. Accounts and the catalogue are shown where one is. */
export function foundPath(here: Place, found: FoundRecord): string {
  const { page } = KINDS[found.kind]!
  if (!found.account || found.kind === 'account') return placePath(here, page(found.id))
  const accountId = found.account.id
  const elsewhere = accountId === here.accountId ? here.enterpriseId : NO_ENTERPRISE
  return placePath({ accountId, enterpriseId: found.enterprise?.id ?? elsewhere }, page(found.id))
}

/** What tells a record from others of the same name. */
export function foundDetail(found: FoundRecord): string {
  const account = found.kind === 'account' ? undefined : found.account?.name
  return [found.detail, account, found.kind === 'license' ? undefined : found.enterprise?.name]
    .filter((part, place, all) => part && all.indexOf(part) === place)
    .join(' · ')
}

/** By kind, the kind of the best match first. Kinds without a page of the console are left out. */
export function foundByKind(items: FoundRecord[]): Array<{ group: string; items: FoundRecord[] }> {
  const groups = new Map<string, FoundRecord[]>()
  for (const one of items) {
    const group = KINDS[one.kind]?.plural
    if (group) groups.set(group, [...(groups.get(group) ?? []), one])
  }
  return [...groups].map(([group, of]) => ({ group, items: of }))
}

const ACCENTS = /[\u0300-\u036f]/g
const folded = (text: string) => text.normalize('NFKD').replace(ACCENTS, '').toLowerCase()

/** Those of an earlier query that match what is typed now: they are shown until the server has answered. */
export function stillMatching(items: FoundRecord[], query: string): FoundRecord[] {
  const words = folded(query).split(/\s+/).filter(Boolean)
  const texts = (one: FoundRecord) => folded(`${one.name} ${one.detail ?? ''} ${one.id}`)
  return items.filter((one) => words.every((word) => texts(one).includes(word)))
}

/** Whether a query is worth asking: one letter of an alphabet finds nearly everything. */
export function isQuery(text: string): boolean {
  const query = text.trim()
  return [...query].length > 1 || /[^\p{Script=Latin}\p{Script=Common}]/u.test(query)
}
