import { Button, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { clientPath } from "../api/app-clients.ts";
import { request } from "../api/request.ts";
import type { UnusedClient } from "./unused-clients-page.tsx";

interface Failure {
  client: UnusedClient;
  why: string;
}

/** One after the other; what does not work is told, and the others go on. */
export function DisableMany({
  clients,
  onDisabled,
  onClose,
}: {
  clients: readonly UnusedClient[];
  onDisabled: (client: UnusedClient) => void;
  onClose: () => void;
}) {
  const queries = useQueryClient();
  // What was chosen when it was asked: the choice shrinks while it is worked on.
  const [all] = useState(clients);
  const [done, setDone] = useState<number>();
  const [failures, setFailures] = useState<readonly Failure[]>([]);

  async function disableAll(): Promise<void> {
    const failed: Failure[] = [];
    for (const [index, client] of all.entries()) {
      setDone(index);
      try {
        await request("PATCH", clientPath(client.id), { body: { enabled: false } });
        onDisabled(client);
      } catch (error) {
        failed.push({ client, why: error instanceof Error ? error.message : "It did not work." });
      }
    }
    await queries.invalidateQueries();
    setDone(all.length);
    setFailures(failed);
    if (failed.length === 0) onClose();
  }

  const what = all.length === 1 ? all[0]!.name : `${all.length} app clients`;
  const isOver = done === all.length;
  return (
    <Modal opened onClose={onClose} title={`Disable ${what}?`}>
      <Stack>
        <Text>
          They get no more tokens, and those they have stop counting. Each can be enabled again.
        </Text>
        {done !== undefined && (
          <Progress value={(100 * done) / all.length} aria-label={`${done} of ${all.length}`} />
        )}
        {failures.map(({ client, why }) => (
          <Text key={client.id} role="alert" c="var(--bad)">
            {client.name}: {why}
          </Text>
        ))}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onClose}>
            {isOver ? "Close" : "Cancel"}
          </Button>
          {!isOver && (
            <Button loading={done !== undefined} onClick={() => void disableAll()}>
              Disable
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
