import { act, render } from '@testing-library/react'
import { expect, test, vi } from 'vitest'
import { Ago } from './ui/Time'

test('what was just made is not in the future, however long nothing showed a time', () => {
  vi.useFakeTimers({ now: new Date('2026-01-01T10:00:00Z') })
  try {
    const first = render(<Ago at="2026-01-01T10:00:00Z" />)
    first.unmount()
    vi.setSystemTime(new Date('2026-01-01T10:00:42Z'))
    const { container } = render(<Ago at="2026-01-01T10:00:42Z" />)
    expect(container.textContent).toBe('just now')
    act(() => void vi.advanceTimersByTime(10_000))
    expect(container.textContent).toBe('10 seconds ago')
  } finally {
    vi.useRealTimers()
  }
})
