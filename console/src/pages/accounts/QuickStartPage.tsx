// The first service, product and enterprise, linked, in one short form.
import { Text } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useRef, useState } from 'react'
import { api, intents, send } from '../../api/client'
import { invalidate } from '../../api/queries'
import { useMay } from '../../app/rights'
import { pages } from '../../paths'
import { FormShell } from '../../ui/form'
import { notifyDone } from '../../ui/notify'
import { Page, Section } from '../../ui/Page'
import { useServerForm } from '../../ui/serverForm'
import { TextField } from '../../ui/textFields'

type Values = { enterprise: string; product: string; service: string }

const WHAT = 'create the catalogue'

export default function QuickStartPage() {
  const navigate = useNavigate()
  const may = useMay()
  // Each record keeps its key, so that a retry creates none twice.
  const [keys] = useState(() => ({ service: intents(), product: intents(), enterprise: intents() }))
  const at = useRef<keyof Values>('service')
  const form = useServerForm<Values>({
    defaults: { enterprise: 'Main enterprise', product: 'Main product', service: 'Standard service' },
    what: WHAT,
    // Whichever of the three was refused, it was for its name.
    fieldAt: (pointer) => (pointer === '/name' ? at.current : undefined),
    fieldOf: {
      get name_taken() {
        return at.current
      },
    },
    submit: async (values) => {
      const header = (kind: keyof Values, body: unknown) => ({ 'Idempotency-Key': keys[kind].keyOf(body) })
      at.current = 'service'
      const service = { name: values.service }
      const { id: serviceId } = await send(
        api.POST('/api/services', { body: service, params: { header: header('service', service) } }),
      )
      at.current = 'product'
      const product = { name: values.product, serviceIds: [serviceId] }
      const { id: productId } = await send(
        api.POST('/api/products', { body: product, params: { header: header('product', product) } }),
      )
      at.current = 'enterprise'
      const enterprise = { name: values.enterprise, productIds: [productId] }
      await send(
        api.POST('/api/enterprises', { body: enterprise, params: { header: header('enterprise', enterprise) } }),
      )
      await invalidate('/api/services', '/api/products', '/api/enterprises')
      notifyDone('Created the enterprise, its product and its service')
      await navigate({ to: pages.accounts, ignoreBlocker: true })
    },
  })
  const refused = may('services_create').reason ?? may('products_create').reason ?? may('enterprises_create').reason
  return (
    <Page
      title="Create what accounts can license"
      intro="An account takes licenses of a service, by a product of an enterprise. You can rename all three later and add more."
      up={[{ label: 'Accounts', to: pages.accounts }]}
    >
      <Section>
        <FormShell
          form={form}
          act="Create all three"
          refused={refused}
          careless
          onCancel={() => void navigate({ to: pages.accounts })}
        >
          <TextField
            name="enterprise"
            label="Enterprise"
            description="Who sells, such as your company or one of its brands."
            required
          />
          <TextField name="product" label="Product" description="What is sold." required />
          <TextField name="service" label="Service" description="What users of the product work with." required />
          <Text size="xs" c="dimmed">
            If one is refused, those before it are kept: the next try goes on from there.
          </Text>
        </FormShell>
      </Section>
    </Page>
  )
}
