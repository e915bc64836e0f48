// A table that may be wider than the page: it scrolls, and its edges show where there is more.
import { type ReactNode, useCallback, useState } from 'react'
import './table.css'

type Props = {
  /** Names the box, which the keyboard can then get into. Left out where the table itself takes the focus. */
  label?: string
  /** With a frame of its own. */
  framed?: boolean
  children: ReactNode
}

export function ScrollBox({ label, framed = false, children }: Props) {
  const [more, setMore] = useState('')
  const watch = useCallback((box: HTMLElement | null) => {
    if (!box) return undefined
    const look = () => {
      // Negative where one reads from right to left.
      const passed = Math.abs(box.scrollLeft)
      const left = box.scrollWidth - box.clientWidth - passed
      setMore([passed > 1 ? 'start' : '', left > 1 ? 'end' : ''].join(' ').trim())
    }
    const sizes = new ResizeObserver(look)
    sizes.observe(box)
    if (box.firstElementChild) sizes.observe(box.firstElementChild)
    box.addEventListener('scroll', look, { passive: true })
    return () => {
      sizes.disconnect()
      box.removeEventListener('scroll', look)
    }
  }, [])
  return (
    <div className="scroll-box" data-more={more} data-framed={framed || undefined}>
      {label === undefined ? (
        <div ref={watch}>{children}</div>
      ) : (
        // The box scrolls, so the keyboard must be able to get into it.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <section ref={watch} aria-label={label} tabIndex={0}>
          {children}
        </section>
      )}
    </div>
  )
}
