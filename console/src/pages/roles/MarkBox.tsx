// A checkbox of the grid. The grid has hundreds: each is the browser's own, with a mark drawn over it.
import { Ban, Check, Link2, type LucideIcon, Minus } from 'lucide-react'
import type { ComponentProps } from 'react'
import type { Mark } from './matrix'

type Look = { icon: LucideIcon; kind: 'granted' | 'implied' | 'held' }

function lookOf(mark: Mark): Look {
  if (mark.held) return { icon: Ban, kind: 'held' }
  if (mark.with) return { icon: Link2, kind: 'implied' }
  return { icon: Check, kind: 'granted' }
}

type Props = Omit<ComponentProps<'input'>, 'type' | 'checked'> & {
  mark: Mark
  /** Some of what it stands for is granted. */
  some?: boolean
  'data-at'?: string
}

export function MarkBox({ mark, some = false, ...input }: Props) {
  const { icon: Icon, kind } = some ? { icon: Minus, kind: 'granted' } : lookOf(mark)
  return (
    <span className="mark" data-kind={kind}>
      <input
        {...input}
        ref={(node) => {
          if (node) node.indeterminate = some
        }}
        type="checkbox"
        checked={mark.granted}
      />
      {(mark.granted || some) && <Icon size={10} strokeWidth={4} aria-hidden />}
    </span>
  )
}

/** The same for reading, as a legend shows it. */
export function MarkFace({ mark }: { mark: Mark }) {
  const { icon: Icon, kind } = lookOf(mark)
  return (
    <span className="mark" data-kind={kind} aria-hidden>
      <span data-checked />
      <Icon size={10} strokeWidth={4} />
    </span>
  )
}
