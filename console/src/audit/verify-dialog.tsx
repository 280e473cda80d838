import type { AuditHeadClaims } from "@countersign/protocol/audit-chain.ts";
import { Alert, Button, Group, Loader, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { Problem } from "../parts/problem.tsx";
import { EarlierExport } from "./earlier-export.tsx";
import { useVerification } from "./verification.ts";
import { VerificationOutcome } from "./verification-outcome.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** Verifies the audit log in this browser, from the question to the outcome. */
export function VerifyDialog({ onClose }: { onClose: () => void }) {
  const { verification, start, cancel } = useVerification();
  const [earlier, setEarlier] = useState<AuditHeadClaims | "unreadable">();
  const begin = (): void => void start(earlier === "unreadable" ? undefined : earlier);
  const { state } = verification;
  return (
    <Dialog
      onClose={onClose}
      closeOnClickOutside={state === "ready"}
      size="xl"
      title="Verify the audit log"
    >
      <Stack>
        {state === "ready" && <Question onChange={setEarlier} />}
        {state === "running" && (
          <Group gap="sm">
            <Loader size="sm" />
            <Text className="numbers">
              {verification.events.toLocaleString("en")} entries checked
            </Text>
          </Group>
        )}
        <div role="status">
          {state === "running" && <span className="for-listeners">Verifying</span>}
          {state === "done" && (
            <VerificationOutcome verdict={verification.verdict} earlier={verification.earlier} />
          )}
        </div>
        {state === "failed" && (
          <>
            <Problem error={verification.error} onRetry={begin} />
            <Text>Not verified: this says neither that the log is intact nor that it is not.</Text>
          </>
        )}
        <Group justify="flex-end" gap="xs">
          {/* Two buttons, not one that changes: a click on "Cancel" as the check ends must not close. */}
          {state === "running" && (
            <Button variant="default" onClick={cancel}>
              Cancel
            </Button>
          )}
          {state !== "running" && (
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
          )}
          {state === "ready" && (
            <Button onClick={begin} disabled={earlier === "unreadable" || !isAble}>
              Start
            </Button>
          )}
          {state === "done" && (
            <Button variant="default" onClick={begin}>
              Verify again
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

/** Not on a page that came over http from another machine. */
const isAble = globalThis.isSecureContext;

const Question = ({
  onChange,
}: {
  onChange: (earlier: AuditHeadClaims | "unreadable" | undefined) => void;
}) => (
  <>
    {!isAble && (
      <Alert color="red" variant="light" role="alert" title="This page did not come over https">
        The browser computes no hashes on such a page. Open the console over https, or export the
        log and verify it with the program in the guide.
      </Alert>
    )}
    <Text>
      This browser reads every sealed entry and checks that none was changed, removed or moved, and
      that the server's key signed the end. Reading it is an export, and will be in the log as one.
    </Text>
    <Text>
      An export that you kept elsewhere, or only its head, shows more: that nothing before its end
      was rewritten or cut off since. It stays in this browser.
    </Text>
    <EarlierExport onChange={onChange} />
  </>
);
