// The frame of the pages before a sign-in.
import { Center, Group, Stack, Text, Title } from '@mantine/core'
import { type ReactNode, useEffect } from 'react'

export function AuthPage({ title, intro, children }: { title: string; intro?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} · Freehold`
  }, [title])
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack gap="lg" w="100%" maw={380}>
        <Group gap={10} justify="center">
          <img src="/favicon.svg" width={28} height={28} alt="" />
          <Text fw={700} size="lg">
            Freehold
          </Text>
        </Group>
        <div className="card" style={{ padding: 24 }}>
          <Stack gap="md">
            <div>
              <Title order={1} id="page-title" tabIndex={-1}>
                {title}
              </Title>
              {intro && (
                <Text size="sm" c="dimmed" component="div" mt={4}>
                  {intro}
                </Text>
              )}
            </div>
            {children}
          </Stack>
        </div>
      </Stack>
    </Center>
  )
}
