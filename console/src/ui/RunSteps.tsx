// The steps of a run, as the server last told them: an icon and a word for each, how long it took, and what went wrong.
import { Badge, Group, Progress as Bar, Stack, Text } from '@mantine/core'
import type { components } from '../api/schema.gen'
import { sentence } from '../api/problem'
import { count, formatDuration } from '../format'
import { useNow } from '../now'
import { type Advice, advice, leftOut, stepPurpose, stepTitle, summary, tally } from './run'
import { Status } from './Status'
import './run.css'

type Progress = components['schemas']['Progress']
type Step = components['schemas']['StepProgress']
type Failure = components['schemas']['Failure']
type ItemProgress = components['schemas']['ItemProgress']

/** How far it is, as a bar and in words. */
export function RunSummary({ progress, frozen = false }: { progress: Progress; frozen?: boolean }) {
  const { done, of } = tally(progress)
  const text = summary(progress)
  const color = { failed: 'red', stuck: 'red', succeeded: 'teal' }[progress.status as string] ?? 'brand'
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="xs">
        <Group gap="sm">
          <Text size="sm" component="span">
            <Status of={progress.status} />
          </Text>
          <Text size="sm" fw={500} component="output" aria-live="polite">
            {text}
          </Text>
        </Group>
        <Text size="sm" c="dimmed" className="number">
          <Took from={progress.startedAt} to={progress.finishedAt} frozen={frozen} />
        </Text>
      </Group>
      <Bar.Root size="md" aria-hidden>
        <Bar.Section value={of === 0 || progress.status === 'undone' ? 0 : (100 * done) / of} color={color} />
      </Bar.Root>
    </Stack>
  )
}

/** `frozen`: nothing was heard lately, so a clock that runs would say more than is known. */
export function RunSteps({ progress, frozen = false }: { progress: Progress; frozen?: boolean }) {
  return (
    <ol className="run-steps" aria-label="Steps">
      {progress.steps.map((step) => (
        <StepRow key={step.name} step={step} frozen={frozen} progress={progress} />
      ))}
    </ol>
  )
}

function StepRow({ step, frozen, progress }: { step: Step; frozen: boolean; progress: Progress }) {
  const { name, status, attempts, startedAt, finishedAt, error, items } = step
  const quiet = status === 'pending' || status === 'skipped'
  // From its beginning to the end of its undo is no time that it took.
  const timed = startedAt && !['undoing', 'undone', 'stuck'].includes(status)
  return (
    <li className="run-step" data-step={name} data-status={status} aria-label={stepTitle(name)}>
      <span className="run-step-state">
        {/* Of its own it has gone well; what it was done for has not. */}
        {status === 'succeeded' && items?.some((item) => item.status === 'failed') ? (
          <Status of="degraded" word="Incomplete" />
        ) : (
          <Status of={status} />
        )}
      </span>
      <div style={{ minWidth: 0, flex: 1 }}>
        <Group gap={8} justify="space-between" wrap="nowrap" align="baseline">
          <Group gap={8} style={{ minWidth: 0 }}>
            <Text size="sm" fw={quiet ? 400 : 600} c={quiet ? 'dimmed' : undefined}>
              {stepTitle(name)}
            </Text>
            {attempts > 1 && (
              <Badge size="sm" variant="default">
                {count(attempts, 'attempt')}
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed" className="number" style={{ flex: 'none' }}>
            {timed && <Took from={startedAt} to={finishedAt} frozen={frozen || status !== 'running'} />}
          </Text>
        </Group>
        <Text size="xs" c="dimmed" className="wrap-anywhere">
          {status === 'skipped' ? leftOut(progress, name) : stepPurpose(name)} <span className="mono">{name}</span>
        </Text>
        {error && (
          <StepError {...error} advice={advice(progress, { state: name, item: false, status, code: error.code })} />
        )}
        {items && items.length > 0 && <Items of={name} items={items} progress={progress} />}
      </div>
    </li>
  )
}

function StepError({ code, message, advice: { tone, text } }: Failure & { advice: Advice }) {
  return (
    <Text size="sm" className="run-error wrap-anywhere" data-tone={tone} component="div">
      <span>
        {sentence(message)} <span className="mono">{code}</span>
      </span>
      {text && <div>{text}</div>}
    </Text>
  )
}

function Items({ of, items, progress }: { of: string; items: ItemProgress[]; progress: Progress }) {
  return (
    <ul className="run-items">
      {items.map((item) => (
        <li key={item.item}>
          <Group gap={8}>
            <Text size="xs" span>
              Item {item.item + 1}
            </Text>
            <Text size="xs" span component="span">
              <Status of={item.status} />
            </Text>
            {item.attempts > 1 && (
              <Text size="xs" c="dimmed" span>
                {count(item.attempts, 'attempt')}
              </Text>
            )}
            {item.startedAt && item.finishedAt && item.status !== 'undone' && (
              <Text size="xs" c="dimmed" span>
                {formatDuration(item.startedAt, item.finishedAt)}
              </Text>
            )}
          </Group>
          {item.error && (
            <StepError
              {...item.error}
              advice={advice(progress, { state: of, item: true, status: item.status, code: item.error.code })}
            />
          )}
        </li>
      ))}
    </ul>
  )
}

/** How long something took, or how long it has gone on. */
export function Took({ from, to, frozen }: { from: string; to: string | null | undefined; frozen: boolean }) {
  if (to) return <>{formatDuration(from, to)}</>
  return frozen ? null : <Going from={from} />
}

function Going({ from }: { from: string }) {
  const now = useNow()
  // The server's clock and this one may differ by a little.
  return <>{formatDuration(from, Math.max(now, new Date(from).getTime()))}</>
}
