// The terms of a license, as its form holds them and as the API takes them.
import type { components } from '../../api/schema.gen'

type License = components['schemas']['LicenseView']

export type Terms = {
  startDate: string
  endDate: string
  numberOfUsers: number | string
  contact: { name: string; email: string; phone: string }
  renewalNotification: { enabled: boolean; noticeDays: number | string }
  /** Empty: as the platform's setting says. */
  graceDays: number | string
  /** More users than seats are meant. */
  overCapacity?: boolean
}

export function termsOf(license: License): Terms {
  const { startDate, endDate, numberOfUsers, contact, renewalNotification, graceDays } = license
  return {
    startDate,
    endDate,
    numberOfUsers,
    contact: { name: contact?.name ?? '', email: contact?.email ?? '', phone: contact?.phone ?? '' },
    renewalNotification: { enabled: renewalNotification.enabled, noticeDays: renewalNotification.noticeDays ?? 30 },
    graceDays: graceDays ?? '',
    overCapacity: false,
  }
}

/** The last day of a year that begins on a day: both days count. */
export function aYearFrom(day: string): string {
  const end = new Date(`${day}T00:00:00Z`)
  if (Number.isNaN(end.getTime())) return day
  end.setUTCFullYear(end.getUTCFullYear() + 1)
  end.setUTCDate(end.getUTCDate() - 1)
  return end.toISOString().slice(0, 10)
}

/** A contact of which nothing was filled in is none. */
export function contactOf(terms: Terms) {
  const { startDate, endDate, numberOfUsers, contact, renewalNotification, graceDays } = terms
  const given = contact.name || contact.email || contact.phone
  return {
    startDate,
    endDate,
    numberOfUsers: Number(numberOfUsers),
    contact: given ? { name: contact.name, email: contact.email, phone: contact.phone || null } : null,
    renewalNotification: { enabled: renewalNotification.enabled, noticeDays: Number(renewalNotification.noticeDays) },
    graceDays: graceDays === '' ? null : Number(graceDays),
  }
}
