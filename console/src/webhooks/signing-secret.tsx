import { Anchor, Button, Collapse, Group, Stack, Text } from "@mantine/core";
import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { useState } from "react";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import parts from "../parts/parts.module.css";
import { SecretField } from "../parts/secret-field.tsx";
import { Exactly } from "../parts/time.tsx";

/** As it stands among the examples, which our own tests run. */
const [verifier = ""] = Object.values(
  import.meta.glob<string>("../../../examples/receiving/verify.mjs", {
    query: "?raw",
    import: "default",
    eager: true,
  }),
);

/** A signing secret, shown this once to who made it, with what a receiver does with it. */
export function SigningSecret({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { signing_secret: secret = "", previous_secret_valid_until: until } = webhook;
  return (
    <Stack>
      <Text>
        Every event is signed with this secret. Give it to your receiver now: it is shown this once,
        and cannot be read again.
      </Text>
      <SecretField secret={secret} what="signing secret" />
      {until !== undefined && (
        <Text>
          Until <Exactly at={until} /> events carry two signatures, also one of the secret before.
          Your receiver may change over whenever it likes until then.
        </Text>
      )}
      <HowToVerify />
      <Group justify="flex-end">
        <Button onClick={onClose}>I have kept it</Button>
      </Group>
    </Stack>
  );
}

function HowToVerify() {
  const [isOpen, setOpen] = useState(false);
  return (
    <div>
      <Text c="dimmed">
        Verify each event with a library for{" "}
        <Anchor href="https://www.standardwebhooks.com" target="_blank" rel="noreferrer">
          Standard Webhooks
        </Anchor>
        , or with these lines of your own.
      </Text>
      <Button
        variant="subtle"
        size="compact-sm"
        ml={-8}
        mt={4}
        aria-expanded={isOpen}
        leftSection={<Icon name={isOpen ? "down" : "right"} size={14} />}
        onClick={() => setOpen(!isOpen)}
      >
        How to verify in Node
      </Button>
      <Collapse expanded={isOpen}>
        <Group justify="flex-end" my={8}>
          <CopyButton text={verifier} label="Copy code" />
        </Group>
        <pre className={parts["code"]} tabIndex={0} aria-label="Code that verifies an event">
          {verifier}
        </pre>
      </Collapse>
    </div>
  );
}
