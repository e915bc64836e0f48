// The onboarding as it is typed: its steps, what is sent, and the draft that outlives a reload.
import type { components } from '../../api/schema.gen'
import { today } from '../../format'
import type { AddressValues } from '../../ui/AddressFields'
import { orNull } from '../../ui/serverForm'
import { aYearFrom } from '../licenses/terms'
import { firstOf, type Offered } from './offers'

export type NewAccount = components['schemas']['NewAccount']

export type LicenseValues = {
  enterpriseId: string
  productId: string
  serviceId: string
  startDate: string
  endDate: string
  numberOfUsers: number | ''
  contact: { name: string; email: string; phone: string }
  renewalNotification: { enabled: boolean; noticeDays: number | '' }
}

export type OnboardingValues = {
  name: string
  masterAccountName: string
  cloudType: string
  address: AddressValues
  /** Asked for unless the account is to begin without one. */
  administrator: { invited: boolean; firstName: string; lastName: string; email: string }
  technicalUser: { firstName: string; lastName: string; email: string; startDate: string; endDate: string }
  licenses: LicenseValues[]
}

export const STEPS = [
  { id: 'details', title: 'Account details', fields: ['name', 'masterAccountName', 'cloudType'] },
  { id: 'address', title: 'Address', fields: ['address'] },
  { id: 'first-users', title: 'First users', fields: ['administrator', 'technicalUser'] },
  { id: 'licenses', title: 'Licenses', fields: ['licenses'] },
  { id: 'review', title: 'Review', fields: [] },
] as const

export const REVIEW = STEPS.length - 1
export const MOST_LICENSES = 20

/** The step on which a field stands. */
export function stepOf(field: string): number {
  const [first = ''] = field.split('.')
  const found = STEPS.findIndex((step) => (step.fields as readonly string[]).includes(first))
  return found === -1 ? REVIEW : found
}

/** The step that the address names, as far as one has come. */
export function stepAt(id: string | undefined, reached: number): number {
  const found = STEPS.findIndex((step) => step.id === id)
  return Math.min(Math.max(found, 0), reached)
}

/** A license as it begins: with whatever leaves no choice chosen already. */
export function newLicense(offered: Offered[], now = Date.now()): LicenseValues {
  return {
    ...firstOf(offered),
    startDate: today(0, now),
    endDate: aYearFrom(today(0, now)),
    numberOfUsers: 10,
    contact: { name: '', email: '', phone: '' },
    renewalNotification: { enabled: true, noticeDays: 30 },
  }
}

export function blank(offered: Offered[], now = Date.now()): OnboardingValues {
  return {
    name: '',
    masterAccountName: '',
    cloudType: 'public',
    address: { line1: '', line2: '', city: '', state: '', postalCode: '', country: '' },
    administrator: { invited: true, firstName: '', lastName: '', email: '' },
    technicalUser: { firstName: '', lastName: '', email: '', startDate: today(0, now), endDate: '' },
    licenses: [newLicense(offered, now)],
  }
}

/** What is sent. */
export function bodyOf(values: OnboardingValues): NewAccount {
  const { name, masterAccountName, cloudType, address, administrator, technicalUser, licenses } = values
  const { invited, ...invitee } = administrator
  return {
    name,
    masterAccountName,
    cloudType: cloudType as NewAccount['cloudType'],
    address: { ...address, line2: orNull(address.line2), state: orNull(address.state) },
    ...(invited ? { administrator: invitee } : {}),
    technicalUser: { ...technicalUser, endDate: orNull(technicalUser.endDate) },
    licenses: licenses.map((license) => ({
      ...license,
      numberOfUsers: Number(license.numberOfUsers),
      contact: hasContact(license)
        ? { name: license.contact.name, email: license.contact.email, phone: orNull(license.contact.phone) }
        : null,
      renewalNotification: {
        enabled: license.renewalNotification.enabled,
        noticeDays: Number(license.renewalNotification.noticeDays) || 30,
      },
    })),
  }
}

export function hasContact({ contact }: LicenseValues): boolean {
  return [contact.name, contact.email, contact.phone].some((text) => text.trim() !== '')
}

/** Whether an earlier license is of the same enterprise, product and service. */
export function isRepeated(licenses: LicenseValues[], place: number): boolean {
  const own = licenses[place]
  if (!own?.serviceId) return false
  return licenses
    .slice(0, place)
    .some(
      (other) =>
        other.enterpriseId === own.enterpriseId &&
        other.productId === own.productId &&
        other.serviceId === own.serviceId,
    )
}

export type Draft = { at: number; step: number; values: OnboardingValues }

const KEPT = 'freehold.onboarding'

/** The draft of this person in this tab. A malformed one is ignored. */
export function keptDraft(userId: string): Draft | undefined {
  try {
    const draft = JSON.parse(sessionStorage.getItem(`${KEPT}.${userId}`) ?? 'null') as Draft | null
    const whole =
      typeof draft?.at === 'number' && typeof draft.values?.name === 'string' && Array.isArray(draft.values.licenses)
    return whole ? draft : undefined
  } catch {
    return undefined
  }
}

/** Whether it could be kept: storage can be full, or switched off. */
export function keepDraft(userId: string, draft: Draft): boolean {
  try {
    sessionStorage.setItem(`${KEPT}.${userId}`, JSON.stringify(draft))
    return true
  } catch {
    return false
  }
}

export function dropDraft(userId: string): void {
  try {
    sessionStorage.removeItem(`${KEPT}.${userId}`)
  } catch {
    // Then none was kept.
  }
}
