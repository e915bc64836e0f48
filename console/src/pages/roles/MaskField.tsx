// The scope mask of a role: how far its rights reach, as a small grid of levels and verbs.
import { Checkbox, Input, Table, Text, Tooltip } from '@mantine/core'
import '@mantine/core/styles/Table.layer.css'
import '@mantine/core/styles/Checkbox.layer.css'
import '@mantine/core/styles/CheckboxIndicator.layer.css'
import { useController, useFormContext } from 'react-hook-form'
import { LEVELS, VERBS, maskBit, menusOn } from '../../app/permissions'
import { words } from '../../format'
import { ScrollBox } from '../../ui/ScrollBox'
import '../../ui/matrix.css'

type Props = {
  name: string
  /** What the editor's own scope is: nobody passes on more. */
  own: number
}

const BEYOND = 'Your own limits do not allow this, so you can’t grant it.'

export function MaskField({ name, own }: Props) {
  const { control } = useFormContext()
  const { field, fieldState } = useController({ control, name })
  const mask = typeof field.value === 'number' ? field.value : 0
  return (
    <Input.Wrapper
      component="fieldset"
      label="Limits"
      labelElement="div"
      description="A permission of the role has effect only if it is also allowed here, by its verb and the level of its menu."
      error={fieldState.error?.message}
      style={{ border: 0, padding: 0, margin: 0, minWidth: 0 }}
      aria-label="Limits"
    >
      <ScrollBox>
        <Table
          miw={520}
          mt={6}
          verticalSpacing={6}
          horizontalSpacing="sm"
          withTableBorder
          aria-label="Limits of the role"
        >
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Level</Table.Th>
              {VERBS.map((verb) => (
                <Table.Th key={verb} ta="center" w={84}>
                  {words(verb)}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {LEVELS.map((level) => (
              <Table.Tr key={level}>
                <Table.Th scope="row" fw={500}>
                  {words(level)}
                  <Text size="xs" c="dimmed">
                    {menusOn(level)}
                  </Text>
                </Table.Th>
                {VERBS.map((verb) => {
                  const bit = maskBit(level, verb)
                  const beyond = (own & bit) === 0 && (mask & bit) === 0
                  return (
                    <Table.Td key={verb}>
                      <Tooltip label={BEYOND} disabled={!beyond}>
                        <Checkbox
                          aria-label={`${words(level)} level: ${verb}`}
                          aria-disabled={beyond || undefined}
                          aria-description={beyond ? BEYOND : undefined}
                          checked={(mask & bit) !== 0}
                          onChange={() => !beyond && field.onChange(mask ^ bit)}
                          styles={{ body: { justifyContent: 'center' } }}
                        />
                      </Tooltip>
                    </Table.Td>
                  )
                })}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollBox>
    </Input.Wrapper>
  )
}
