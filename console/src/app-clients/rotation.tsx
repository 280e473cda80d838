import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import type { Credential } from "@countersign/protocol/admin/credentials.ts";
import { Box, Button, Group, Select, Text } from "@mantine/core";
import { useState } from "react";
import { clientPath, credentialPath, useClientChange } from "../api/app-clients.ts";
import { useCreation } from "../api/creation.ts";
import { request } from "../api/request.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { SecretField } from "../parts/secret-field.tsx";
import { Steps } from "../parts/steps.tsx";
import { Ago } from "../parts/time.tsx";

/**
 * One secret replaces another without an outage, in four steps. Where one is follows from the secrets
 * themselves, so it can be left and taken up again.
 */

interface Rotating {
  client: AppClient;
  newer: Credential;
  older: Credential;
}

/** `live`: the newest first. */
export function Rotation({ client, live }: { client: AppClient; live: Credential[] }) {
  const [plainSecret, setPlainSecret] = useState<string>();
  const [newer, older] = live;
  const addCredential = useCreation<Credential>(`${clientPath(client.id)}/credentials`);
  const add = useClientChange(() => addCredential({}));
  if (newer === undefined || older === undefined) {
    return (
      <Panel
        title="Rotate the secret"
        hint="A second secret is added while this one goes on working. Nothing stops until you say so."
        actions={
          <Button
            loading={add.isPending}
            onClick={() =>
              add.mutate(undefined, { onSuccess: (made) => setPlainSecret(made.client_secret) })
            }
          >
            {newer === undefined ? "Add a secret" : "Start: add a secret"}
          </Button>
        }
      >
        <Problem error={add.error} />
        {newer !== undefined && plainSecret !== undefined && (
          <SecretField secret={plainSecret} what="new secret" />
        )}
      </Panel>
    );
  }
  const at = { client, newer, older };
  const step = stepOf(at);
  return (
    <Panel title="Rotation under way">
      <Steps
        at={step}
        steps={[
          {
            title: "A new secret is there",
            body: (
              <>
                It ends in <code>{newer.hint}</code>, made <Ago at={newer.created_at} />.
              </>
            ),
          },
          {
            title: "Give it to the program",
            body: <FirstUse newer={newer} plainSecret={plainSecret} />,
          },
          { title: "See who still needs the old one", body: <Trial {...at} isNow={step === 2} /> },
          { title: "Revoke the old one", body: <Revoke {...at} isNow={step >= 2} /> },
        ]}
      />
    </Panel>
  );
}

const FirstUse = ({ newer, plainSecret }: { newer: Credential; plainSecret: string | undefined }) =>
  newer.first_used_at === undefined ? (
    <>
      Waiting for its first use; this page notices by itself.
      {plainSecret !== undefined && (
        <Box mt={8}>
          <SecretField secret={plainSecret} what="new secret" />
        </Box>
      )}
    </>
  ) : (
    <>
      First used <Ago at={newer.first_used_at} /> from <code>{newer.last_used_address}</code>.
    </>
  );

function stepOf({ newer, older }: Rotating): number {
  if (newer.first_used_at === undefined) return 1;
  return older.state === "disabled" || older.safe_to_remove.safe ? 3 : 2;
}

const pauses = [
  { value: "15", label: "15 minutes" },
  { value: "60", label: "1 hour" },
  { value: "1440", label: "1 day" },
];

/** The old secret is switched off for a while: whoever still uses it is seen among the refusals. */
function Trial({ client, older, isNow }: Rotating & { isNow: boolean }) {
  const [minutes, setMinutes] = useState("15");
  const change = useClientChange((body: unknown) =>
    request("PATCH", credentialPath(client, older), { body }),
  );
  const pause = (): void => {
    const until = new Date(Date.now() + Number(minutes) * 60_000).toISOString();
    change.mutate({ enabled: false, disabled_until: until });
  };
  if (older.state === "disabled") {
    return (
      <>
        <Text size="sm">
          The one that ends in <code>{older.hint}</code> is off
          {older.disabled_until !== undefined && (
            <>
              {" "}
              and comes back <Ago at={older.disabled_until} />
            </>
          )}
          . Whoever still sends it is refused, and stands among the refusals.
        </Text>
        <Button
          mt={8}
          size="xs"
          variant="default"
          loading={change.isPending}
          onClick={() => change.mutate({ enabled: true })}
        >
          Bring it back now
        </Button>
        <Problem error={change.error} />
      </>
    );
  }
  return (
    <>
      Switch the one that ends in <code>{older.hint}</code> off for a while. It comes back by
      itself.
      {older.last_used_at !== undefined && (
        <>
          {" "}
          It was last used <Ago at={older.last_used_at} /> from{" "}
          <code>{older.last_used_address}</code>.
        </>
      )}
      {isNow && (
        <Group gap="xs" mt={8}>
          <Select
            size="xs"
            w={130}
            aria-label="For how long"
            data={pauses}
            value={minutes}
            onChange={(value) => setMinutes(value ?? "15")}
          />
          <Button size="xs" variant="default" loading={change.isPending} onClick={pause}>
            Switch it off
          </Button>
        </Group>
      )}
      <Problem error={change.error} />
    </>
  );
}

function Revoke({ client, older, isNow }: Rotating & { isNow: boolean }) {
  const [isAsked, setAsked] = useState(false);
  const revoke = useClientChange(() => request("DELETE", credentialPath(client, older)));
  const { safe, reason } = older.safe_to_remove;
  return (
    <>
      {safe ? "Safe now: " : "Not yet safe: "}
      {reason}.
      {isNow && (
        <div>
          <Button
            mt={8}
            size="xs"
            variant={safe ? "filled" : "default"}
            onClick={() => setAsked(true)}
          >
            Revoke the old secret
          </Button>
        </div>
      )}
      {isAsked && (
        <Confirm
          title={`Revoke the secret that ends in ${older.hint}?`}
          verb="Revoke"
          isDangerous
          act={() => revoke.mutateAsync(undefined)}
          onClose={() => setAsked(false)}
        >
          It is never accepted again. {reason}
        </Confirm>
      )}
    </>
  );
}
