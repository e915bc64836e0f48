// Which colour scheme was chosen, kept where public/scheme.js looks before the first paint.
import { localStorageColorSchemeManager } from '@mantine/core'

export const schemeManager = localStorageColorSchemeManager({ key: 'freehold.scheme' })
