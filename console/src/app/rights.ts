// What one may do: the server's own rights, asked by the operation that a control calls.
import { useQuery } from '@tanstack/react-query'
import { q } from '../api/queries'
import { rights } from '../api/rights.gen'
import { words } from '../format'

export type OperationId = keyof typeof rights
export type May = { allowed: true; reason?: never } | { allowed: false; reason: string }

export const accessQuery = q('/api/users/me/access')
export const permissionsQuery = q('/api/users/me/permissions')

/** `may('groups_create').reason`: absent if one may, else what is missing. The server decides in any case. */
export function useMay(): (operation: OperationId) => May {
  const permissions = useQuery(permissionsQuery).data
  const operator = useQuery(accessQuery).data?.operator ?? false
  return (operation) => {
    const right = rights[operation]
    if (right.class === 'own') return { allowed: true }
    if (right.class === 'platform' && !operator) {
      return { allowed: false, reason: 'Only operators of the platform can do this.' }
    }
    const menu = permissions?.menus.find((one) => one.menu === right.menu)
    const tab = menu?.tabs?.find((one) => one.tab === right.tab) ?? menu
    const held = {
      visible: tab?.isVisible,
      view: tab?.canView,
      create: tab?.canCreate,
      edit: tab?.canEdit,
      delete: tab?.canDelete,
    }
    if (held[right.verb]) return { allowed: true }
    return {
      allowed: false,
      reason: `Needs the right ${words(right.menu)} / ${words(right.tab)}: ${right.verb}. Ask an administrator of your account for it.`,
    }
  }
}

export function useOperator(): boolean {
  return useQuery(accessQuery).data?.operator ?? false
}
