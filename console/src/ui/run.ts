// A run as people read it: what its steps do, how far it is, and what can be done about what failed.
import type { components } from '../api/schema.gen'
import { count, words } from '../format'

type Progress = components['schemas']['Progress']
type Step = components['schemas']['StepProgress']

const STEPS: Record<string, [title: string, what: string]> = {
  ValidateInput: ['Check the request', 'What was asked for is whole and fits together.'],
  ProvisionDynamoDB: ['Assign the data table', 'Selects the table for the account’s data, and opens it for writes.'],
  CloudType: ['Choose by cloud type', 'A public account shares a table; others get one of their own.'],
  RegisterSSMParameters: ['Publish the parameters', 'Other services find the account’s table by them.'],
  CreateStack: ['Create the account’s own table', 'A table that holds this account alone.'],
  WriteCoreRecords: ['Write the core records', 'The licenses, and the first users with a seat each of the first.'],
  ProvisionTechnicalGroupAndRole: [
    'Create the first groups and roles',
    'For the technical user and the administrator. Also the default workstream.',
  ],
  ProvisionCognitoUsers: ['Create the sign-ins', 'An identity for each of the first users.'],
  SendCredentialNotifications: ['Send the invitations', 'Links by which the first users choose a password.'],
  VerifyProvisioning: ['Read everything back as the tenant', 'Uses a tenant’s own token.'],
  Verified: ['Check the result', 'Goes on only if everything was found.'],
  CloseRoute: ['Close the account to writes', 'From here on nothing new is written to it.'],
  TakeInventory: ['Take the inventory', 'Counts what is there, for the receipt.'],
  RemoveIdentities: ['Remove the sign-ins', 'Nobody of the account can sign in from here on.'],
  RemoveRecords: ['Remove the records', 'Users, licenses, groups, roles, workstreams and their links.'],
  DeleteStack: ['Delete the account’s own table', 'With everything that is in it.'],
  RemoveParameters: ['Withdraw the parameters', 'Other services no longer find the account.'],
  VerifyRemoval: ['Verify the removal', 'Looks whether anything is left.'],
}

export function stepTitle(name: string): string {
  return STEPS[name]?.[0] ?? words(name.replaceAll(/([a-z])([A-Z])/g, '$1 $2'))
}

export function stepPurpose(name: string): string | undefined {
  return STEPS[name]?.[1]
}

const WORKFLOWS: Record<string, string> = {
  'account-onboarding': 'Account onboarding',
  'account-deprovisioning': 'Account removal',
}

export function workflowTitle(workflow: string): string {
  return WORKFLOWS[workflow] ?? words(workflow)
}

export type Tally = { done: number; of: number; undone: number; toUndo: number }

/** How far a run is. Steps that its branch leaves out do not count. */
export function tally(progress: Progress): Tally {
  const taken = progress.steps.filter((step) => step.status !== 'skipped')
  const undone = taken.filter((step) => step.status === 'undone').length
  const undoing = taken.filter((step) => step.status === 'undoing' || step.status === 'stuck').length
  return {
    done: taken.filter((step) => step.status === 'succeeded').length,
    of: taken.length,
    undone,
    toUndo: undone + undoing,
  }
}

/** One line on how far it is. */
export function summary(progress: Progress): string {
  const { done, of, undone } = tally(progress)
  if (progress.status === 'undoing') return `${count(undone, 'step')} rolled back, rolling back the rest`
  if (progress.status === 'undone') return `${count(undone, 'step')} rolled back, nothing is left`
  return `${done} of ${of} steps`
}

/** The step that a reader looks for first: what runs now, or what went wrong. */
export function currentStep(progress: Progress): Step | undefined {
  const wanted = ['running', 'retrying', 'waiting', 'undoing', 'stuck', 'failed']
  return progress.steps.findLast((step) => wanted.includes(step.status))
}

const WAYS_OUT: Record<string, string> = {
  cloud_unavailable: 'The cloud did not answer. Retry once it does.',
  cloud_refused: 'The cloud refused it. Check the platform’s rights there, then retry.',
  email_taken: 'Another user of the account has this e-mail address. Roll back, and onboard with another address.',
  too_many_accounts:
    'The e-mail address belongs to as many accounts as it may. Roll back, and onboard with another address.',
  identity_differs: 'There is another sign-in under this address. Roll back, and onboard with another address.',
  identity_disabled: 'The sign-in was disabled. Enable it with the identity provider, then retry.',
  mail_refused: 'The mail was refused. Check the address and the sender’s settings, then retry.',
  mail: 'The mail could not be sent. Retry once mail works.',
  verification_failed:
    'Something that was made could not be read back. Retry looks again; rolling back removes it all.',
  removal_failed: 'Something is still there. Retry goes on removing.',
  superseded: 'A later run speaks for the account. Look at that one.',
  fault: 'This failed on purpose, as a rehearsal. Retry goes on from this step.',
}

/** What can be done about an error, in a sentence. */
export function wayOut(code: string): string {
  return WAYS_OUT[code] ?? 'Retry goes on from this step. What is done already is not done again.'
}

export type Advice = { tone: 'warn' | 'bad'; text?: string }

/** What follows from an error that stands at a step, or at an item of one. */
export function advice(
  run: Pick<Progress, 'status' | 'failure'>,
  at: { state: string; item: boolean; status: Step['status']; code: string },
): Advice {
  if (at.status === 'retrying') return { tone: 'warn', text: 'It is retried automatically.' }
  // The error of the attempt before.
  if (at.status === 'running' || at.status === 'waiting') return { tone: 'warn', text: 'It is being retried.' }
  switch (run.status) {
    case 'succeeded':
      return { tone: 'warn', text: 'The run went on without it. You can retry the failed step.' }
    case 'running':
      return at.item ? { tone: 'warn', text: 'The run goes on without it.' } : { tone: 'bad' }
    case 'failed':
    case 'stuck':
      return at.item && run.failure?.state !== at.state
        ? { tone: 'warn', text: 'The run went on without it.' }
        : { tone: 'bad', text: wayOut(at.code) }
    case 'undoing':
    case 'undone':
      // Nothing can be retried any more.
      return { tone: 'warn' }
  }
}

const LEFT_OUT: Record<string, string> = {
  RegisterSSMParameters: 'Left out: the account has a table of its own, and its parameters are published with that.',
  CreateStack: 'Left out: a public account shares a table.',
  DeleteStack: 'Left out: a public account has no table of its own.',
}

/** Why a run does without a step. */
export function leftOut(progress: Progress, name: string): string {
  const branched = progress.steps.some((step) => step.name === 'CloudType' && step.status === 'succeeded')
  if (branched && LEFT_OUT[name]) return LEFT_OUT[name]
  return 'Left out: the run ended before it came to this step.'
}

export const LINE_WORDS = {
  connecting: 'Connecting',
  live: 'Live',
  broken: 'Connection lost, trying again',
  over: 'Finished',
} as const
