// The license of a new user, in three steps. Where there is one choice, it is text.
import { Input, SimpleGrid, Text } from '@mantine/core'
import { useFormContext, useWatch } from 'react-hook-form'
import { SelectField } from '../../ui/fields'
import { type Step, type Triple, choicesAt, choose } from './license'
import type { Offers } from './useLicensed'

const STEPS: Array<[step: Step, label: string]> = [
  ['enterpriseId', 'Enterprise'],
  ['productId', 'Product'],
  ['serviceId', 'Service'],
]

export function LicenseFields({ offers }: { offers: Offers }) {
  const { setValue, formState, clearErrors } = useFormContext<
    Triple & { groupIds: string[]; workstreamIds: string[] }
  >()
  const chosen = useTriple()
  const pick = (step: Step) => (id: string | null) => {
    const next = choose(offers.all, chosen, step, id ?? '')
    for (const [each] of STEPS) setValue(each, next[each], { shouldDirty: true })
    clearErrors(['enterpriseId', 'productId', 'serviceId'])
    // Groups and workstreams are of one enterprise.
    if (step === 'enterpriseId') {
      setValue('groupIds', [])
      setValue('workstreamIds', [])
    }
  }
  return (
    <SimpleGrid cols={{ base: 1, sm: 3 }}>
      {STEPS.map(([step, label]) => {
        const ids = choicesAt(offers.all, chosen, step)
        const error = formState.errors[step]?.message
        if (ids.length === 1 && ids[0] === chosen[step]) {
          return (
            <div key={step} style={{ minWidth: 0 }}>
              <Text size="sm" fw={500}>
                {label}
              </Text>
              <Text size="sm" className="wrap-anywhere" mt={6}>
                <bdi>{offers.names.get(chosen[step])}</bdi>
              </Text>
              {error && <Input.Error role="alert">{capital(error)}</Input.Error>}
            </div>
          )
        }
        return (
          <SelectField
            key={step}
            name={step}
            label={label}
            required
            choices={ids.map((id) => ({ value: id, label: offers.names.get(id) ?? id }))}
            onPick={pick(step)}
            disabled={ids.length === 0}
            placeholder="Choose"
          />
        )
      })}
    </SimpleGrid>
  )
}

export function useTriple(): Triple {
  const [enterpriseId, productId, serviceId] = useWatch<Triple>({ name: ['enterpriseId', 'productId', 'serviceId'] })
  return { enterpriseId: enterpriseId ?? '', productId: productId ?? '', serviceId: serviceId ?? '' }
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}
