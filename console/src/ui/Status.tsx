// A state as an icon and a word, never by colour alone.
import {
  CircleAlert,
  CircleCheck,
  CircleDashed,
  CircleSlash,
  CircleX,
  Clock,
  LoaderCircle,
  TriangleAlert,
} from 'lucide-react'
import { words } from '../format'

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'idle'

/** Every state that the API knows: how it is drawn, and its word where the API's own does not read well. */
const STATES: Record<string, { tone: Tone; icon: typeof Clock; word?: string }> = {
  active: { tone: 'good', icon: CircleCheck },
  succeeded: { tone: 'good', icon: CircleCheck },
  confirmed: { tone: 'good', icon: CircleCheck },
  ready: { tone: 'good', icon: CircleCheck },
  provisioning: { tone: 'busy', icon: LoaderCircle },
  deprovisioning: { tone: 'busy', icon: LoaderCircle },
  running: { tone: 'busy', icon: LoaderCircle },
  undoing: { tone: 'busy', icon: LoaderCircle, word: 'Rolling back' },
  waiting: { tone: 'busy', icon: Clock },
  retrying: { tone: 'warn', icon: LoaderCircle },
  pending: { tone: 'idle', icon: CircleDashed },
  future: { tone: 'idle', icon: Clock, word: 'Not started' },
  invited: { tone: 'busy', icon: Clock },
  none: { tone: 'idle', icon: CircleDashed, word: 'No sign-in' },
  skipped: { tone: 'idle', icon: CircleSlash },
  undone: { tone: 'idle', icon: CircleSlash, word: 'Rolled back' },
  inactive: { tone: 'idle', icon: CircleSlash },
  ended: { tone: 'idle', icon: CircleSlash },
  disabled: { tone: 'idle', icon: CircleSlash },
  deleted: { tone: 'idle', icon: CircleSlash },
  expired: { tone: 'warn', icon: TriangleAlert },
  degraded: { tone: 'warn', icon: TriangleAlert },
  abandoned: { tone: 'warn', icon: TriangleAlert },
  refused: { tone: 'warn', icon: CircleSlash },
  failed: { tone: 'bad', icon: CircleX },
  stuck: { tone: 'bad', icon: CircleAlert },
  'not ready': { tone: 'bad', icon: CircleX },
}

export function Status({ of, word }: { of: string; word?: string }) {
  const { tone, icon: Icon, word: own } = STATES[of] ?? { tone: 'idle', icon: CircleDashed }
  return (
    <span className="status" data-tone={tone}>
      <Icon size={14} aria-hidden className={Icon === LoaderCircle ? 'turning' : undefined} />
      {word ?? own ?? words(of)}
    </span>
  )
}
