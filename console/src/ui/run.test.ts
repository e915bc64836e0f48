import { expect, test } from 'vitest'
import type { components } from '../api/schema.gen'
import { newest } from '../api/progress'
import { advice, currentStep, leftOut, stepTitle, summary, tally, wayOut } from './run'

type Progress = components['schemas']['Progress']
type Step = components['schemas']['StepProgress']

const step = (name: string, status: Step['status']): Step => ({ name, kind: 'task', status, attempts: 1 })

const run = (status: Progress['status'], steps: Step[], rest: Partial<Progress> = {}): Progress => ({
  executionId: 'e1',
  workflow: 'account-onboarding',
  status,
  startedAt: '2026-01-01T00:00:00Z',
  lastEvent: 3,
  steps,
  ...rest,
})

test('steps of the branch not taken do not count', () => {
  const progress = run('running', [
    step('A', 'succeeded'),
    step('B', 'skipped'),
    step('C', 'running'),
    step('D', 'pending'),
  ])
  expect(tally(progress)).toMatchObject({ done: 1, of: 3 })
  expect(summary(progress)).toBe('1 of 3 steps')
  expect(currentStep(progress)?.name).toBe('C')
})

test('an undo counts what is undone', () => {
  const progress = run('undoing', [step('A', 'undoing'), step('B', 'undone'), step('C', 'failed')])
  expect(summary(progress)).toBe('1 step rolled back, rolling back the rest')
})

test('a name that is not known is spelled out', () => {
  expect(stepTitle('VerifyProvisioning')).toBe('Read everything back as the tenant')
  expect(stepTitle('DoSomethingNew')).toBe('Do Something New')
  expect(wayOut('new_code')).toContain('Retry')
})

test('the later run wins, and of one run the later event', () => {
  const old = run('succeeded', [], { lastEvent: 40 })
  const removal = run('running', [], { executionId: 'e2', startedAt: '2026-01-02T00:00:00Z', lastEvent: 1 })
  expect(newest(old, removal)).toBe(removal)
  expect(newest(removal, old)).toBe(removal)
  const later = run('running', [], { lastEvent: 5 })
  expect(newest(run('running', []), later)).toBe(later)
  expect(newest(undefined, later)).toBe(later)
})

test('a later run within the same second is the later one', () => {
  const first = run('succeeded', [], { startedAt: '2026-01-01T00:00:00Z' })
  const second = run('running', [], { executionId: 'e2', startedAt: '2026-01-01T00:00:00.5Z' })
  expect(newest(first, second)).toBe(second)
})

test('an error advises only what can be done', () => {
  const failed = { state: 'VerifyProvisioning', item: false, status: 'failed', code: 'fault' } as const
  expect(advice(run('failed', []), failed).text).toContain('Retry')
  expect(advice(run('undone', []), failed).text).toBeUndefined()
  expect(advice(run('running', []), { ...failed, status: 'running' }).text).toBe('It is being retried.')
  const item = { ...failed, state: 'ProvisionCognitoUsers', item: true }
  expect(advice(run('running', []), item).text).toBe('The run goes on without it.')
  expect(advice(run('succeeded', []), item).text).toContain('failed step')
})

test('a step that is left out says why', () => {
  const branch = [step('CloudType', 'succeeded'), step('CreateStack', 'skipped')]
  expect(leftOut(run('succeeded', branch), 'CreateStack')).toContain('shares a table')
  const early = [step('CloudType', 'skipped'), step('CreateStack', 'skipped')]
  expect(leftOut(run('undone', early), 'CreateStack')).toContain('ended before')
})
