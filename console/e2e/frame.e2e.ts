// The frame around every page.
import { expect, test } from './fixtures'

test('signs in and shows the menus', async ({ operator }) => {
  await expect(operator.getByRole('navigation', { name: 'Menus' }).getByRole('link', { name: 'Users' })).toBeVisible()
  await operator.screenshot({ path: '/tmp/frame.png' })
})
