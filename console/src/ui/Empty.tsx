// Why a list shows nothing, and what to do about it.
import { Stack, Text } from '@mantine/core'
import type { ReactNode } from 'react'

export function Empty({ title, children, action }: { title: string; children?: ReactNode; action?: ReactNode }) {
  return (
    <Stack align="center" gap={6} py={40} px="md">
      <Text fw={600} size="sm">
        {title}
      </Text>
      {children && (
        <Text size="sm" c="dimmed" ta="center" maw={440} component="div">
          {children}
        </Text>
      )}
      {action}
    </Stack>
  )
}
