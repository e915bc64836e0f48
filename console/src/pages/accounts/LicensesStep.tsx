// The licenses that an account begins with: of what, how long, for how many, and whom to ask.
import { ActionIcon, Button, Fieldset, Group, SimpleGrid, Stack, Text, Tooltip } from '@mantine/core'
import '@mantine/core/styles/Fieldset.layer.css'
import { Plus, Trash2 } from 'lucide-react'
import { useFieldArray, useFormContext, useWatch } from 'react-hook-form'
import { DayField, NumberField, SelectField, SwitchField } from '../../ui/fields'
import { EmailField, TextField } from '../../ui/textFields'
import { hasContact, isRepeated, MOST_LICENSES, newLicense, type OnboardingValues } from './onboarding'
import { choicesOf, type Offered, pickEnterprise, pickProduct } from './offers'
import { useOffered } from './useOffered'

type Props = { offered: Offered[]; more: boolean }

export function LicensesStep({ offered, more }: Props) {
  const { control } = useFormContext<OnboardingValues>()
  const { fields, append, remove } = useFieldArray({ control, name: 'licenses' })
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        At least one. The first users take a seat each of the first license.
      </Text>
      {fields.map((field, place) => (
        <LicenseFields
          key={field.id}
          place={place}
          offered={offered}
          more={more}
          {...(fields.length > 1 ? { remove: () => remove(place) } : {})}
        />
      ))}
      <div>
        <Button
          variant="default"
          leftSection={<Plus size={16} aria-hidden />}
          disabled={fields.length >= MOST_LICENSES}
          onClick={() => append(newLicense(offered), { focusName: `licenses.${fields.length}.enterpriseId` })}
        >
          Add a license
        </Button>
        {fields.length >= MOST_LICENSES && (
          <Text size="xs" c="dimmed" mt={4}>
            An account begins with at most {MOST_LICENSES} licenses. More can be added once it is active.
          </Text>
        )}
      </div>
    </Stack>
  )
}

function LicenseFields({ place, offered, more, remove }: Props & { place: number; remove?: () => void }) {
  const { setValue, getValues, trigger, formState } = useFormContext<OnboardingValues>()
  const own = useWatch<OnboardingValues, `licenses.${number}`>({ name: `licenses.${place}` })
  const at = `licenses.${place}` as const
  const { all, search, nothing } = useOffered(offered, more, own.enterpriseId)
  const choices = choicesOf(all, own)
  const pick = (picked: { productId?: string; serviceId?: string }) => {
    for (const [key, value] of Object.entries(picked)) {
      setValue(`${at}.${key as 'productId' | 'serviceId'}`, value, { shouldDirty: true })
    }
    // What was missing or twice is not any more, or is now.
    if (formState.errors.licenses) void trigger('licenses')
  }
  const contacted = hasContact(own)
  const needed = (label: string) => (text: string) =>
    !contacted || text.trim() !== '' || `${label} is needed for a contact`
  return (
    <Fieldset
      legend={`License ${place + 1}`}
      style={{ position: 'relative', minWidth: 0 }}
      styles={{ legend: { fontWeight: 600, fontSize: 13 } }}
    >
      {remove && (
        <Tooltip label={`Remove license ${place + 1}`}>
          <ActionIcon
            variant="subtle"
            color="gray"
            aria-label={`Remove license ${place + 1}`}
            onClick={remove}
            style={{ position: 'absolute', insetInlineEnd: 8, insetBlockStart: -4 }}
          >
            <Trash2 size={16} aria-hidden />
          </ActionIcon>
        </Tooltip>
      )}
      <Stack gap="sm">
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" verticalSpacing="sm">
          <SelectField
            name={`${at}.enterpriseId`}
            label="Enterprise"
            required
            choices={choices.enterprises}
            nothing={nothing}
            placeholder="Choose an enterprise"
            {...(search ? { onSearch: search } : {})}
            onPick={(id) => pick(pickEnterprise(all, id ?? ''))}
          />
          <SelectField
            name={`${at}.productId`}
            label="Product"
            required
            disabled={!own.enterpriseId}
            choices={choices.products}
            nothing="The enterprise has no such product"
            placeholder={own.enterpriseId ? 'Choose a product' : 'Choose an enterprise first'}
            onPick={(id) => pick(pickProduct(all, own.enterpriseId, id ?? ''))}
          />
          <SelectField
            name={`${at}.serviceId`}
            label="Service"
            required
            disabled={!own.productId}
            choices={choices.services}
            nothing="The product has no such service"
            placeholder={own.productId ? 'Choose a service' : 'Choose a product first'}
            onPick={() => pick({})}
            rules={{
              validate: {
                once: () =>
                  !isRepeated(getValues('licenses'), place) ||
                  'Another license is of this enterprise, product and service already',
              },
            }}
          />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" verticalSpacing="sm">
          <DayField name={`${at}.startDate`} label="First day" required />
          <DayField
            name={`${at}.endDate`}
            label="Last day"
            required
            min={own.startDate}
            rules={{
              validate: {
                order: (end: string) => end >= getValues(`${at}.startDate`) || 'The end is not before the start',
              },
            }}
          />
          <NumberField name={`${at}.numberOfUsers`} label="Number of users" required min={1} max={1_000_000} />
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, sm: 3 }} spacing="sm" verticalSpacing="sm">
          <TextField
            name={`${at}.contact.name`}
            label="Contact name"
            required={contacted}
            rules={{ validate: { whole: needed('A name') } }}
          />
          <EmailField
            name={`${at}.contact.email`}
            label="Contact e-mail address"
            required={contacted}
            rules={{ validate: { whole: needed('An e-mail address') } }}
          />
          <TextField
            name={`${at}.contact.phone`}
            label="Contact phone"
            type="tel"
            maxLength={40}
            rules={{ minLength: { value: 3, message: 'At least 3 characters' } }}
          />
        </SimpleGrid>
        <Group gap="lg" align="flex-start">
          <div style={{ paddingBlockStart: 4 }}>
            <SwitchField
              name={`${at}.renewalNotification.enabled`}
              label="Remind the contact before the license ends"
              description="Reminds the contact before the license ends."
            />
          </div>
          {own.renewalNotification.enabled && (
            <NumberField
              name={`${at}.renewalNotification.noticeDays`}
              label="Days before the end"
              required
              min={1}
              max={365}
            />
          )}
        </Group>
      </Stack>
    </Fieldset>
  )
}
