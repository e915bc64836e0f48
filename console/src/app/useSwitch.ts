// Going over to another account: to its dashboard, in the first enterprise that it has.
import { useNavigate } from '@tanstack/react-router'
import { queries } from '../api/queries'
import { NO_ENTERPRISE, placePath } from '../paths'
import { notifyFailure } from '../ui/notify'
import { enterprisesOf } from './place'

export function useSwitch() {
  const navigate = useNavigate()
  return async (accountId: string) => {
    try {
      // Asked anew: an account that was just onboarded had none a moment ago.
      const [first] = await queries.fetchQuery({ ...enterprisesOf(accountId), staleTime: 0 })
      // What is still under way is for the account that is left.
      await queries.cancelQueries()
      await navigate({ to: placePath({ accountId, enterpriseId: first?.id ?? NO_ENTERPRISE }) })
    } catch (error) {
      notifyFailure('switch to the account', error)
    }
  }
}
