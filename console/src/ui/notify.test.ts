import { notificationsStore } from '@mantine/notifications'
import { expect, test } from 'vitest'
import { closeFailures, notifyFailure } from './notify'

const titles = () => notificationsStore.getState().notifications.map((one) => one.title)

test('a failure is said until the act has succeeded, or another page is opened', () => {
  notifyFailure('redrive the run', new Error('away'))
  notifyFailure('redrive the run', new Error('still away'))
  notifyFailure('restore the account', new Error('away'))
  expect(titles()).toEqual(['Could not redrive the run', 'Could not restore the account'])
  closeFailures('redrive the run')
  expect(titles()).toEqual(['Could not restore the account'])
  closeFailures()
  expect(titles()).toEqual([])
})
