// The change between light and dark.
import { ActionIcon, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { Moon, Sun } from 'lucide-react'

/** The other colour scheme, and the change to it. */
export function useOtherScheme() {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const other = scheme === 'light' ? 'dark' : 'light'
  return { other, Icon: scheme === 'light' ? Moon : Sun, change: () => setColorScheme(other) } as const
}

export function SchemeButton() {
  const { other, Icon, change } = useOtherScheme()
  return (
    <Tooltip label={`Use the ${other} scheme`}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Use the ${other} scheme`} onClick={change}>
        <Icon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  )
}
