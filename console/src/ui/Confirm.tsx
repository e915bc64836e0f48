// Asking before what can't be taken back: for one thing by its name, for what holds others by typing the name.
import { Button, Group, List, Modal, Stack, Text, TextInput } from '@mantine/core'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Effect, confirmationOf } from './Effect'
import { Failure } from './Failure'

type Props = {
  opened: boolean
  onClose: () => void
  /** “Delete group Operators” */
  title: string
  /** What the button says: the act. */
  act: string
  /** Ends “Could not …”. */
  what: string
  /** The dialog stays open, with the error in it, when this fails. */
  run: (confirm?: string) => Promise<unknown>
  children?: ReactNode
  /** The name to type, for what takes others with it. */
  typed?: string
  goes?: string[]
  stays?: string[]
}

export function Confirm(props: Props) {
  return (
    <Modal
      opened={props.opened}
      onClose={props.onClose}
      title={props.title}
      styles={{ title: { fontWeight: 600, overflowWrap: 'anywhere' } }}
    >
      {props.opened && <Question {...props} />}
    </Modal>
  )
}

function Question({ onClose, act, what, run, children, typed, goes, stays }: Props) {
  const [text, setText] = useState('')
  const [error, setError] = useState<unknown>()
  const [busy, setBusy] = useState(false)
  const matches = typed === undefined || text.trim() === typed
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    if (!matches || busy) return
    setBusy(true)
    setError(undefined)
    try {
      await run(confirmationOf(error))
      onClose()
    } catch (refused) {
      setError(refused)
    } finally {
      setBusy(false)
    }
  }
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {children && (
          <Text size="sm" component="div" className="wrap-anywhere">
            {children}
          </Text>
        )}
        {goes && <Listed title="What goes" items={goes} />}
        {stays && <Listed title="What stays" items={stays} />}
        {typed !== undefined && (
          <TextInput
            label={
              <>
                Type <strong className="wrap-anywhere">{typed}</strong> to confirm
              </>
            }
            aria-label={`Type ${typed} to confirm`}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
            autoComplete="off"
            data-autofocus
          />
        )}
        {error !== undefined &&
          (confirmationOf(error) ? <Effect error={error} /> : <Failure what={what} error={error} />)}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" color="red.8" loading={busy} disabled={!matches}>
            {confirmationOf(error) ? `${act} all the same` : act}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}

function Listed({ title, items }: { title: string; items: string[] }) {
  return (
    <div>
      <Text size="sm" fw={600}>
        {title}
      </Text>
      <List size="sm" spacing={2}>
        {items.map((item) => (
          <List.Item key={item}>{item}</List.Item>
        ))}
      </List>
    </div>
  )
}
