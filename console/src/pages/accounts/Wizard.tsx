// The wizard: four steps and a review. All of it stays mounted, so that going back and forth loses nothing.
import { Alert, Button, Group, Stack, Stepper, Text, Title } from '@mantine/core'
import '@mantine/core/styles/Stepper.layer.css'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { FileClock } from 'lucide-react'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { type FieldPath, FormProvider } from 'react-hook-form'
import { api, intents, send } from '../../api/client'
import { invalidate } from '../../api/queries'
import { usePlace } from '../../app/place'
import { pages, placePath } from '../../paths'
import { AddressFields } from '../../ui/AddressFields'
import { LeaveGuard } from '../../ui/form'
import { FormFailure, useServerForm } from '../../ui/serverForm'
import { Ago } from '../../ui/Time'
import {
  blank,
  bodyOf,
  dropDraft,
  keepDraft,
  keptDraft,
  type OnboardingValues,
  REVIEW,
  stepAt,
  stepOf,
  STEPS,
} from './onboarding'
import type { Offered } from './offers'
import { LicensesStep } from './LicensesStep'
import { ReviewStep } from './ReviewStep'
import { DetailsStep, FirstUsersStep } from './steps'
import '../../ui/account.css'

const KEEP_AFTER_MS = 300

type Props = { userId: string; offered: Offered[]; more: boolean }

export function Wizard(props: Props) {
  const [round, setRound] = useState(0)
  const navigate = useNavigate()
  const discard = () => {
    dropDraft(props.userId)
    setRound((was) => was + 1)
    void navigate({ to: '.', search: {}, replace: true })
  }
  return <Round key={round} {...props} discard={discard} />
}

function Round({ userId, offered, more, discard }: Props & { discard: () => void }) {
  const place = usePlace()
  const navigate = useNavigate()
  const search: Record<string, string | undefined> = useSearch({ strict: false })
  const [draft] = useState(() => keptDraft(userId))
  const [reached, setReached] = useState(draft?.step ?? 0)
  const [kept, setKept] = useState(true)
  const [keys] = useState(intents)
  const step = stepAt(search.step, reached)
  // An address that names a step which can't be shown yet, or none, is corrected.
  const named = STEPS[step]?.id
  const corrected = search.step === undefined || search.step === named ? undefined : named
  useEffect(() => {
    if (corrected) void navigate({ to: '.', search: { step: corrected }, replace: true, resetScroll: false })
  }, [corrected, navigate])
  const wanted = useRef<FieldPath<OnboardingValues> | 'heading'>(undefined)
  /** Created or discarded: no draft is kept any more. */
  const ended = useRef(false)

  const form = useServerForm<OnboardingValues>({
    // A draft of an earlier version lacks fields.
    defaults: { ...blank(offered), ...draft?.values },
    what: 'onboard the account',
    fieldOf: { name_taken: 'name' },
    onRefused: (fields) => {
      const [first] = fields.toSorted((a, b) => stepOf(a) - stepOf(b))
      if (first) goTo(stepOf(first), first)
    },
    submit: async (values) => {
      const body = bodyOf(values)
      const account = await send(
        api.POST('/api/accounts', { params: { header: { 'Idempotency-Key': keys.keyOf(body) } }, body }),
      )
      ended.current = true
      dropDraft(userId)
      void invalidate('/api/accounts', '/api/executions')
      await navigate({ to: placePath(place, pages.provisioning(account.id)), replace: true })
    },
  })

  const goTo = (next: number, field: FieldPath<OnboardingValues> | 'heading' = 'heading') => {
    wanted.current = field
    setReached((was) => Math.max(was, next))
    if (next === step) focusWanted()
    else void navigate({ to: '.', search: { step: STEPS[next]?.id }, resetScroll: false })
  }
  const focusWanted = () => {
    const target = wanted.current ?? 'heading'
    wanted.current = undefined
    if (target === 'heading') document.querySelector<HTMLElement>(`#step-${STEPS[step]?.id}`)?.focus()
    else form.setFocus(target)
  }
  // The step's fields are there to be focused only once it is shown, by whatever way one came to it.
  const shown = useRef(step)
  useEffect(() => {
    if (shown.current === step) return
    shown.current = step
    focusWanted()
  })

  const { watch, getFieldState, trigger, getValues } = form
  // How far one has come is the draft's from the moment it is so, without a further key.
  const furthest = useRef(reached)
  furthest.current = Math.max(furthest.current, reached)
  useEffect(() => {
    const keep = () => keepDraft(userId, { at: Date.now(), step: furthest.current, values: getValues() })
    let timer: ReturnType<typeof setTimeout> | undefined
    const watching = watch((_, { name }) => {
      // What was refused is judged anew while it is typed, before the form was ever sent as a whole.
      if (name && getFieldState(name).error) void trigger(name)
      clearTimeout(timer)
      timer = setTimeout(() => {
        timer = undefined
        if (!ended.current) setKept(keep())
      }, KEEP_AFTER_MS)
    })
    return () => {
      watching.unsubscribe()
      if (timer === undefined || ended.current) return
      clearTimeout(timer)
      keep()
    }
  }, [watch, getFieldState, trigger, getValues, userId])

  const dropAll = () => {
    ended.current = true
    discard()
  }

  /** The first step up to this one that is not right, with its first field. */
  const firstWrong = async (upTo: number): Promise<number | undefined> => {
    for (let each = 0; each <= upTo; each += 1) {
      const fields = STEPS[each]?.fields as ReadonlyArray<FieldPath<OnboardingValues>>
      if (fields.length > 0 && !(await trigger(fields, { shouldFocus: each === step }))) return each
    }
    return undefined
  }
  const next = async () => {
    if ((await firstWrong(step)) === undefined) {
      if (ended.current) return
      furthest.current = Math.max(furthest.current, step + 1)
      keepDraft(userId, { at: Date.now(), step: furthest.current, values: getValues() })
      goTo(step + 1)
    }
  }
  const create = async () => {
    const wrong = await firstWrong(REVIEW)
    if (wrong === undefined) await form.send()
    else goTo(wrong)
  }

  return (
    <FormProvider {...form}>
      <LeaveGuard dirty={!kept && form.formState.isDirty && !ended.current} />
      {draft && <DraftNote at={draft.at} discard={dropAll} />}
      <div className="card wizard">
        <Stepper active={step} onStepClick={(to) => goTo(to)} size="sm" iconSize={30} className="wizard-steps">
          {STEPS.map((one, at) => (
            <Stepper.Step
              key={one.id}
              label={one.title}
              aria-label={`Step ${at + 1}: ${one.title}`}
              aria-current={at === step ? 'step' : undefined}
              allowStepSelect={at <= reached}
              disabled={at > reached}
            />
          ))}
        </Stepper>
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault()
            void (step === REVIEW ? create() : next())
          }}
        >
          <Stack gap="lg" mt="lg">
            <Panel at={0} step={step}>
              <DetailsStep />
            </Panel>
            <Panel at={1} step={step}>
              <AddressFields />
            </Panel>
            <Panel at={2} step={step}>
              <FirstUsersStep />
            </Panel>
            <Panel at={3} step={step} wide>
              <LicensesStep offered={offered} more={more} />
            </Panel>
            <Panel at={REVIEW} step={step} wide>
              {step === REVIEW && <ReviewStep offered={offered} edit={goTo} />}
            </Panel>
            <FormFailure form={form} />
            <Group gap="xs">
              {step > 0 && (
                <Button variant="default" onClick={() => goTo(step - 1)}>
                  Back
                </Button>
              )}
              <Button type="submit" loading={form.formState.isSubmitting}>
                {step === REVIEW ? 'Create the account' : 'Next'}
              </Button>
              <Text size="xs" c="dimmed">
                {kept
                  ? 'A draft is kept in this tab until the account is created.'
                  : 'This browser keeps no draft: what is typed is lost with this page.'}
              </Text>
            </Group>
          </Stack>
        </form>
      </div>
    </FormProvider>
  )
}

function Panel({
  at,
  step,
  wide = false,
  children,
}: {
  at: number
  step: number
  wide?: boolean
  children: ReactNode
}) {
  const { id, title } = STEPS[at] ?? STEPS[0]
  return (
    <section hidden={at !== step} aria-labelledby={`step-${id}`} style={{ maxWidth: wide ? undefined : 640 }}>
      <Title order={2} id={`step-${id}`} tabIndex={-1} mb="sm">
        <span className="visually-hidden">
          Step {at + 1} of {STEPS.length}:{' '}
        </span>
        {title}
      </Title>
      {children}
    </section>
  )
}

function DraftNote({ at, discard }: { at: number; discard: () => void }) {
  return (
    <Alert
      color="brand"
      icon={<FileClock size={18} aria-hidden />}
      py={8}
      styles={{ message: { color: 'var(--mantine-color-text)' } }}
    >
      <Group gap="xs">
        <Text size="sm" component="span">
          Draft from <Ago at={new Date(at).toISOString()} />
        </Text>
        <Button size="compact-sm" variant="default" onClick={discard}>
          Discard
        </Button>
      </Group>
    </Alert>
  )
}
