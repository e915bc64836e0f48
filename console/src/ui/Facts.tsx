// A record as pairs of a name and a value.
import { SimpleGrid, Text } from '@mantine/core'
import type { ReactNode } from 'react'

export function Facts({ of, columns = 2 }: { of: Array<[string, ReactNode]>; columns?: number }) {
  return (
    <SimpleGrid component="dl" cols={{ base: 1, xs: columns }} spacing="lg" verticalSpacing="sm" m={0}>
      {of.map(([name, value]) => (
        <div key={name} style={{ minWidth: 0 }}>
          <Text component="dt" size="xs" c="dimmed">
            {name}
          </Text>
          <Text component="dd" size="sm" m={0} className="wrap-anywhere">
            {value === null || value === undefined || value === '' ? '—' : value}
          </Text>
        </div>
      ))}
    </SimpleGrid>
  )
}
