import type { Api, VerifierCredential } from "@countersign/protocol/admin/apis.ts";
import { Button, Group, Input, Select, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { request } from "../api/request.ts";
import { apiPath, useAccessChange } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { OnceModal } from "../parts/once-modal.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { SecretField, ValueField } from "../parts/secret-field.tsx";
import { Ago, Exactly } from "../parts/time.tsx";

/** What an API asks about tokens with, and how that is replaced. */
export function Verifier({ api }: { api: Api }) {
  const may = useMay();
  const [isRotating, setRotating] = useState(false);
  const credential = api.verifier_credential;
  if (credential === undefined) return null;
  return (
    <Panel
      title="Introspection"
      hint="With these the API may ask whether a token of its own audience is active, and nothing else."
      actions={
        may("apis:write") && (
          <Button variant="default" onClick={() => setRotating(true)}>
            Rotate
          </Button>
        )
      }
    >
      <Stack gap="sm">
        <Input.Wrapper label="User name" labelElement="div">
          <ValueField value={credential.username} what="user name" />
        </Input.Wrapper>
        <Text size="sm">
          Secret <code>csvk_…{credential.hint}</code>, made <Ago at={credential.created_at} />
          {credential.previous_valid_until !== undefined && (
            <>
              . The one before it is accepted until <Exactly at={credential.previous_valid_until} />
            </>
          )}
        </Text>
      </Stack>
      {isRotating && <Rotate api={api} onClose={() => setRotating(false)} />}
    </Panel>
  );
}

const windows = [
  { value: "86400", label: "For a day" },
  { value: "604800", label: "For a week" },
  { value: "0", label: "Not at all: it leaked" },
];

function Rotate({ api, onClose }: { api: Api; onClose: () => void }) {
  const [seconds, setSeconds] = useState("86400");
  const rotate = useAccessChange(() =>
    request<VerifierCredential>("POST", `${apiPath(api.id)}/verifier_credential/rotate`, {
      body: { previous_valid_seconds: Number(seconds) },
    }),
  );
  const made = rotate.data;
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={onClose}
      title={made === undefined ? "Rotate the secret?" : "The new secret"}
    >
      <Stack>
        {made === undefined ? (
          <Select
            label="How long the old one goes on being accepted"
            data={windows}
            value={seconds}
            onChange={(value) => setSeconds(value ?? seconds)}
          />
        ) : (
          <VerifierSecret credential={made} />
        )}
        <Problem error={rotate.error} />
        <Group justify="flex-end" gap="xs">
          {made === undefined ? (
            <>
              <Button variant="default" onClick={onClose}>
                Cancel
              </Button>
              <Button loading={rotate.isPending} onClick={() => rotate.mutate(undefined)}>
                Rotate
              </Button>
            </>
          ) : (
            <Button onClick={onClose}>I have kept it</Button>
          )}
        </Group>
      </Stack>
    </OnceModal>
  );
}

export const VerifierSecret = ({ credential }: { credential: VerifierCredential | undefined }) => (
  <>
    <Input.Wrapper label="User name" labelElement="div">
      <ValueField value={credential?.username ?? ""} what="user name" />
    </Input.Wrapper>
    <Input.Wrapper label="Secret" labelElement="div" description="Shown this once.">
      <SecretField secret={credential?.secret ?? ""} what="verifier secret" />
    </Input.Wrapper>
  </>
);
