import { Button, Center, Loader, Stack, Text, Title } from "@mantine/core";
import { Link, useRouteError } from "react-router";

/** What stands in a page's place: while it loads, when it cannot be shown, when there is none. */

export const PageLoading = () => (
  <Center mih="60vh">
    <Loader size="sm" aria-label="Loading" />
  </Center>
);

export function PageFailed() {
  const error = useRouteError();
  const message = error instanceof Error ? error.message : "Something went wrong here.";
  return (
    <Stack align="flex-start" gap="sm" p="xl" role="alert">
      <Title order={1}>This page cannot be shown</Title>
      <Text c="dimmed">{message}</Text>
      <Button onClick={() => location.reload()}>Load it again</Button>
    </Stack>
  );
}

export const PageNotFound = () => (
  <Stack align="flex-start" gap="sm">
    <Title order={1}>There is no such page</Title>
    <Text c="dimmed">The address may be mistyped, or what it was about is gone.</Text>
    <Button component={Link} to="/">
      To the overview
    </Button>
  </Stack>
);
