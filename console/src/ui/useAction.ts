// One act on the server: says when it is done, says what failed, and fetches anew what it changed.
import { useMutation } from '@tanstack/react-query'
import { ApiError } from '../api/problem'
import { type GetPath, invalidate } from '../api/queries'
import { closeFailures, notifyDone, notifyFailure } from './notify'

type Act<Input, Output> = {
  /** Ends “Could not …”: “discard the dead letter”. */
  what: string
  run: (input: Input) => Promise<Output>
  /** What is said when it is done; nothing, if the page itself shows it. */
  done?: string | ((output: Output, input: Input) => string)
  changes: GetPath[]
  then?: (output: Output, input: Input) => void | Promise<void>
  /** The failure is shown where the act was asked for (a dialog, a form), not as a message of its own. */
  showsFailure?: boolean
}

export function useAction<Input = void, Output = unknown>(act: Act<Input, Output>) {
  return useMutation<Output, Error, Input>({
    mutationFn: act.run,
    onSuccess: async (output, input) => {
      closeFailures(act.what)
      const done = typeof act.done === 'function' ? act.done(output, input) : act.done
      if (done) notifyDone(done)
      await act.then?.(output, input)
      void invalidate(...act.changes)
    },
    onError: (error) => {
      // It is not as the page has it: somebody else was faster.
      if (error instanceof ApiError && error.status === 409) void invalidate(...act.changes)
      if (!act.showsFailure) notifyFailure(act.what, error)
    },
  })
}
