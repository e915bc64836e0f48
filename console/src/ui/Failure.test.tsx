import { MantineProvider } from '@mantine/core'
import { fireEvent, render } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { ApiError } from '../api/problem'
import { Failure, linesOf } from './Failure'

const refused = (detail: string, errors: Array<{ pointer: string; message: string }>) =>
  ApiError.of(new Response(null, { status: 400 }), { code: 'invalid_request', detail, errors })

test('a refusal of one field is said once, without its pointer', () => {
  const error = refused('/token: the link is not valid', [{ pointer: '/token', message: 'the link is not valid' }])
  expect(linesOf(error)).toEqual(['The link is not valid.'])
})

test('refusals of several fields name each of them', () => {
  const errors = [
    { pointer: '/technicalUser/startDate', message: 'this is required' },
    { pointer: '/licenses/0/numberOfUsers', message: 'at least 1' },
  ]
  const lines = ['Technical user, start date: this is required.', 'Licenses, 1, number of users: at least 1.']
  expect(linesOf(refused('/technicalUser/startDate: this is required', errors))).toEqual(lines)
  expect(linesOf(refused('two fields are wrong', errors))).toEqual(['Two fields are wrong.', ...lines])
})

test('what is no answer of the API is said as it is', () => {
  expect(linesOf(new Error('out of memory'))).toEqual(['Out of memory.'])
})

test('somebody who is not active sees the reason, without hints for programs, and can sign out', () => {
  const leave = vi.fn()
  const error = ApiError.of(new Response(null, { status: 401 }), {
    code: 'unauthenticated',
    detail: 'the user is not active',
    help: 'sign in with POST /api/auth/login, or refresh the token',
  })
  const { container, getByRole } = render(
    <MantineProvider>
      <Failure what="show this page" error={error} leave={leave} />
    </MantineProvider>,
  )
  expect(container.textContent).toContain('You can’t work here now')
  expect(container.textContent).toContain('The user is not active.')
  expect(container.textContent).not.toContain('/api/')
  fireEvent.click(getByRole('button', { name: 'Sign out' }))
  expect(leave).toHaveBeenCalledOnce()
})
