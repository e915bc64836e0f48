// A postal address, wherever one is typed.
import { SimpleGrid, Stack } from '@mantine/core'
import { useWatch } from 'react-hook-form'
import { countryChoices } from './countries'
import { SelectField } from './fields'
import { TextField } from './textFields'

/** The address of a form, as it is typed: what may be left out is an empty text. */
export type AddressValues = {
  line1: string
  line2: string
  city: string
  state: string
  postalCode: string
  country: string
}

export function AddressFields({ country }: { country?: string }) {
  const typed = useWatch({ name: 'address.country' }) as string | undefined
  return (
    <Stack gap="sm">
      <TextField name="address.line1" label="Address line 1" required />
      <TextField name="address.line2" label="Address line 2" />
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm" verticalSpacing="sm">
        <TextField name="address.city" label="City" required />
        <TextField name="address.state" label="State or region" />
        <TextField name="address.postalCode" label="Postal code" required />
        <SelectField
          name="address.country"
          label="Country"
          required
          choices={countryChoices(typed || country)}
          nothing="No country is called so"
          placeholder="Type to search"
        />
      </SimpleGrid>
    </Stack>
  )
}
