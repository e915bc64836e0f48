// Links between pages of the place that one is in.
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { usePlace } from '../app/place'
import { placePath } from '../paths'

export function PlaceLink({
  to,
  search,
  children,
  clip = false,
}: {
  to: string
  search?: Record<string, string>
  children: ReactNode
  clip?: boolean
}) {
  const place = usePlace()
  return (
    <Link
      to={placePath(place, to)}
      search={search ?? {}}
      className={clip ? 'anchor clip' : 'anchor'}
      title={clip && typeof children === 'string' ? children : undefined}
    >
      {children}
    </Link>
  )
}
