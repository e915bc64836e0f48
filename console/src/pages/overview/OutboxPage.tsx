// The mails that the product has sent: on one machine this is where they can be read.
import { Modal, Stack, Text } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Mail } from 'lucide-react'
import { useState } from 'react'
import type { Item } from '../../api/queries'
import { AccountFilter } from '../../app/AccountFilter'
import { AccountName } from '../../app/AccountName'
import { accessQuery } from '../../app/rights'
import { linkIn, words } from '../../format'
import { CopyButton } from '../../ui/Copy'
import { CellButton, DataTable } from '../../ui/DataTable'
import { Facts } from '../../ui/Facts'
import { TextFilter } from '../../ui/Filters'
import { Page } from '../../ui/Page'
import { Ago, At } from '../../ui/Time'
import { useListState } from '../../ui/useListState'

type Sent = Item<'/api/outbox'>

export default function OutboxPage() {
  const { search } = useListState()
  // From the platform's own account, the mails of all accounts are listed.
  const own = useQuery(accessQuery).data?.defaultAccountId
  const accountId = search.account ?? own
  const [shown, setShown] = useState<Sent>()
  return (
    <Page title="Sent mail" intro="Every mail that the platform has sent: invitations, codes and reminders.">
      <DataTable
        noun={['mail', 'mails']}
        path="/api/outbox"
        params={{ query: { ...(accountId ? { accountId } : {}), ...(search.to ? { to: search.to } : {}) } }}
        idOf={(mail) => mail.id}
        nameOf={(mail) => `the mail to ${mail.to}`}
        columns={[
          { header: 'Subject', cell: (mail) => <CellButton onClick={() => setShown(mail)}>{mail.subject}</CellButton> },
          { header: 'To', cell: (mail) => <span title={mail.to}>{mail.to}</span> },
          { header: 'Kind', cell: (mail) => words(mail.kind) },
          { header: 'Account', cell: (mail) => <AccountName id={mail.accountId} /> },
          { header: 'Sent', cell: (mail) => <Ago at={mail.at} /> },
        ]}
        actions={(mail) => [{ label: 'Read', icon: <Mail size={14} aria-hidden />, onClick: () => setShown(mail) }]}
        filters={
          <>
            <AccountFilter />
            <TextFilter name="to" label="To" placeholder="The whole address" />
          </>
        }
        filterKeys={['account', 'to']}
        nothing={{
          text: 'Invitations, codes to reset a password and reminders of licenses appear here once they are sent.',
        }}
      />
      <Modal
        opened={shown !== undefined}
        onClose={() => setShown(undefined)}
        title={shown?.subject}
        size="lg"
        styles={{ title: { fontWeight: 600, overflowWrap: 'anywhere' } }}
      >
        {shown && (
          <Stack gap="md">
            <Facts
              of={[
                ['To', shown.to],
                ['Sent', <At at={shown.at} />],
              ]}
            />
            <Text
              component="pre"
              size="sm"
              className="card wrap-anywhere"
              p="sm"
              m={0}
              style={{ whiteSpace: 'pre-wrap', fontFamily: 'inherit' }}
            >
              {shown.text}
            </Text>
            {linkIn(shown.text) && (
              <Text size="sm" component="div">
                Link in the mail <CopyButton text={linkIn(shown.text) ?? ''} what="the link in the mail" />
              </Text>
            )}
          </Stack>
        )}
      </Modal>
    </Page>
  )
}
