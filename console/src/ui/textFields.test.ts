import { expect, test } from 'vitest'
import { isEmail } from './textFields'

test('an address is what the server takes for one', () => {
  for (const good of [
    'ada@example.com',
    ' Ada.Byron+1@a-b.example ',
    'ａｄａ@example.com',
    `${'a'.repeat(64)}@b.example`,
  ]) {
    expect(isEmail(good), good).toBe(true)
  }
  for (const bad of [
    'ada@acme',
    'ada',
    'a b@c.example',
    'ada@-c.example',
    'ada@c..example',
    '.a@c.example',
    `${'a'.repeat(65)}@b.example`,
  ]) {
    expect(isEmail(bad), bad).toBe(false)
  }
})
