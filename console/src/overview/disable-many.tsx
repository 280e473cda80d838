import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { clientPath } from "../api/app-clients.ts";
import { request } from "../api/request.ts";
import type { UnusedClient } from "./unused-clients-page.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** Disables one after the other; what does not work is told, and the others go on. */
export function DisableMany({
  clients,
  onDisabled,
  onClose,
}: {
  clients: readonly UnusedClient[];
  onDisabled: (client: UnusedClient) => void;
  onClose: () => void;
}) {
  // What was chosen when it was asked: the choice shrinks while it is worked on.
  const [all] = useState(clients);
  const run = useRun(all, onDisabled, onClose);
  const close = run.stage === "running" ? run.stop : onClose;
  const what = all.length === 1 ? all[0]!.name : `${all.length} app clients`;
  return (
    <Dialog onClose={close} title={`Disable ${what}?`}>
      <Stack>
        <Text>
          They get no more tokens, and those they have stop counting. Each can be enabled again.
        </Text>
        {run.stage !== "asked" && <HowFar run={run} of={all.length} />}
        {run.failures.map(({ client, why }) => (
          <Text key={client.id} role="alert" c="var(--bad)">
            {client.name}: {why}
          </Text>
        ))}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={close} disabled={run.isStopping}>
            {{ asked: "Cancel", running: "Stop", over: "Close" }[run.stage]}
          </Button>
          {run.stage !== "over" && (
            <Button loading={run.stage === "running"} onClick={() => void run.start()}>
              Disable
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

interface Failure {
  client: UnusedClient;
  why: string;
}

interface Run {
  stage: "asked" | "running" | "over";
  /** How many were tried. */
  done: number;
  failures: readonly Failure[];
  /** The one that is on its way is waited for. */
  isStopping: boolean;
  start(): Promise<void>;
  stop(): void;
}

function useRun(
  all: readonly UnusedClient[],
  onDisabled: (client: UnusedClient) => void,
  onAllDisabled: () => void,
): Run {
  const queries = useQueryClient();
  const [stage, setStage] = useState<Run["stage"]>("asked");
  const [done, setDone] = useState(0);
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const [isStopping, setStopping] = useState(false);
  const isStopped = useRef(false);
  useEffect(() => {
    isStopped.current = false;
    // Who leaves the page has stopped it too.
    return () => void (isStopped.current = true);
  }, []);

  async function start(): Promise<void> {
    setStage("running");
    let isAllDisabled = true;
    for (const client of all) {
      if (isStopped.current) {
        isAllDisabled = false;
        break;
      }
      const why = await disable(client);
      setDone((now) => now + 1);
      if (why === undefined) onDisabled(client);
      else setFailures((now) => [...now, { client, why }]);
      isAllDisabled &&= why === undefined;
    }
    await queries.invalidateQueries();
    setStopping(false);
    setStage("over");
    if (isAllDisabled) onAllDisabled();
  }
  const stop = (): void => {
    isStopped.current = true;
    setStopping(true);
  };
  return { stage, done, failures, isStopping, start, stop };
}

/** Why it did not work, if so. */
async function disable(client: UnusedClient): Promise<string | undefined> {
  try {
    await request("PATCH", clientPath(client.id), { body: { enabled: false } });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : "It did not work.";
  }
}

const HowFar = ({ run, of }: { run: Run; of: number }) => (
  <Stack gap={6}>
    <Progress value={(100 * run.done) / of} aria-label="How far it is" />
    <Text size="sm" role="status">
      {run.done} of {of}
      {run.isStopping && ". Stopping after the one that is on its way"}
      {run.stage === "over" &&
        ` were worked on: ${run.done - run.failures.length} disabled, ${of - run.done} left as they were.`}
    </Text>
  </Stack>
);
