import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { sessionQuery } from "../api/session.ts";
import { isSignedOut, onSignedOut, signInPath } from "../api/signed-out.ts";

/** Stands over a page whose session has ended, and leaves what was typed there as it is. */
export function SignedOut() {
  return useSyncExternalStore(onSignedOut, isSignedOut) ? <Notice /> : null;
}

function Notice() {
  const queries = useQueryClient();
  useEffect(() => {
    // Whoever comes back from another tab may have signed in there.
    const ask = (): void => void queries.fetchQuery({ ...sessionQuery, staleTime: 0 }).catch(stay);
    addEventListener("focus", ask);
    return () => removeEventListener("focus", ask);
  }, [queries]);
  return (
    <Modal opened onClose={stay} withCloseButton={false} zIndex={1_000} title="You are signed out">
      <Stack>
        <Text>
          Your session has ended. What you typed here is not lost: sign in in a new tab, and come
          back to this one.
        </Text>
        <Group justify="flex-end" gap="xs">
          <Button variant="default" component="a" href={signInPath()}>
            Sign in here
          </Button>
          <Button component="a" href="/login" target="_blank" rel="noopener" data-autofocus>
            Sign in in a new tab
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

const stay = (): void => undefined;
