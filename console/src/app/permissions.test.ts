import { expect, test } from 'vitest'
import { LEVELS, type MenuPermission, VERBS, WHOLE_MASK, flagsOn, maskBit, maskInWords } from './permissions'

const ALL = { isVisible: true, canView: true, canCreate: true, canEdit: true, canDelete: true }
const overview = (flags: typeof ALL, tabs: MenuPermission['tabs'] = []): MenuPermission => ({
  menu: 'overview',
  ...flags,
  tabs,
})

test('each verb on each level has a bit of its own in the mask', () => {
  const bits = LEVELS.flatMap((level) => VERBS.map((verb) => maskBit(level, verb)))
  expect(new Set(bits).size).toBe(LEVELS.length * VERBS.length)
  expect(bits.reduce((mask, bit) => mask | bit)).toBe(WHOLE_MASK)
})

test('a tab that a role leaves out inherits the flags of its menu', () => {
  const viewer = { ...ALL, canDelete: false }
  expect(flagsOn(overview(viewer), 'audit')).toMatchObject(viewer)
})

test('a restricted tab inherits only from a menu that allows every verb', () => {
  expect(flagsOn(overview({ ...ALL, canDelete: false }), 'account-audit')).toBeUndefined()
  expect(flagsOn(overview(ALL), 'account-audit')).toMatchObject(ALL)
  const own = { tab: 'account-audit', ...ALL, canEdit: false } as const
  expect(flagsOn(overview({ ...ALL, canDelete: false }, [own]), 'account-audit')).toEqual(own)
})

test('a mask is put in words as a limit, never as what a role gives', () => {
  expect(maskInWords(WHOLE_MASK)).toBe('No limit')
  expect(maskInWords(0)).toBe('No right counts')
  const [first, ...others] = LEVELS
  const mask = maskBit(first, 'view')
  expect(maskInWords(mask)).toBe(
    `At most ${[`view on the ${first} level`, ...others.map((level) => `nothing on the ${level} level`)].join('; ')}`,
  )
})
