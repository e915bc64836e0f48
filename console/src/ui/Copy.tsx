// Ids, commands and links: in a fixed width, with a button that copies them.
import { ActionIcon } from '@mantine/core'
import { Check, Copy as CopyIcon, X } from 'lucide-react'
import { type MouseEvent, useRef, useState } from 'react'

/** `what` names it for those who do not see it: “Copy account id”. */
export function CopyButton({ text, what }: { text: string; what: string }) {
  const [outcome, setOutcome] = useState<'copied' | 'failed'>()
  const button = useRef<HTMLButtonElement>(null)
  const copy = async (event: MouseEvent) => {
    // A row's own click is another act.
    event.stopPropagation()
    event.preventDefault()
    setOutcome((await copyText(text, button.current)) ? 'copied' : 'failed')
    setTimeout(() => setOutcome(undefined), 2000)
  }
  const Icon = outcome === 'copied' ? Check : outcome === 'failed' ? X : CopyIcon
  const label = outcome === 'copied' ? 'Copied' : outcome === 'failed' ? 'Could not copy' : `Copy ${what}`
  return (
    <ActionIcon ref={button} variant="subtle" color="gray" size="sm" aria-label={label} title={label} onClick={copy}>
      <Icon size={13} aria-hidden />
    </ActionIcon>
  )
}

const LONG_ID = /^[0-9a-f-]{20,}$/

/** An id, cut in the middle of a line if it must be, copied whole. */
export function CopyId({ id, what, whole = false }: { id: string; what: string; whole?: boolean }) {
  return (
    <span style={{ display: 'inline-flex', alignItems: 'center', gap: 2, minWidth: 0, maxWidth: '100%' }}>
      <span className="mono clip" title={id}>
        {whole || !LONG_ID.test(id) ? id : `${id.slice(0, 8)}…${id.slice(-4)}`}
      </span>
      <CopyButton text={id} what={what} />
    </span>
  )
}

/** The clipboard, or where plain HTTP hides it, a field beside the button: a dialog would take the focus from one elsewhere. */
export async function copyText(text: string, beside: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    field.style.position = 'fixed'
    field.style.opacity = '0'
    const home = beside?.parentElement ?? document.body
    home.append(field)
    field.select()
    // The only way that works without a secure context.
    const done = document.execCommand('copy')
    field.remove()
    beside?.focus()
    return done
  }
}
