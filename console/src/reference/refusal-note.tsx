import { Alert, CloseButton, Group, Text } from "@mantine/core";
import { Icon } from "../parts/icon.tsx";
import css from "./reference.module.css";
import type { Refusal } from "./sending.ts";

/** Why a request was refused, in words, over whatever is open. */
export function RefusalNote({
  refusal,
  sentAs,
  onClose,
}: {
  refusal: Refusal;
  sentAs: string;
  onClose: () => void;
}) {
  const { status, message, missing, requestId } = refusal;
  return (
    <Alert
      className={css["note"]}
      role="alert"
      color="yellow"
      icon={<Icon name="warning" />}
      title={
        <Group justify="space-between" wrap="nowrap">
          {missing === undefined ? (
            <span>{status}: the token was not taken</span>
          ) : (
            <span>
              {status}: the permission <code>{missing}</code> is missing
            </span>
          )}
          <CloseButton aria-label="Close this note" onClick={onClose} />
        </Group>
      }
    >
      <Text>{message}</Text>
      <Text mt={6}>{whatToDo(refusal, sentAs)}</Text>
      {requestId !== undefined && (
        <Text mt={6} size="sm">
          Reference{" "}
          <a href={`/console/refusals/${requestId}`}>
            <code>{requestId}</code>
          </a>
        </Text>
      )}
    </Alert>
  );
}

function whatToDo({ missing }: Refusal, sentAs: string): string {
  if (missing === undefined) {
    return sentAs === ""
      ? "No token was sent. Choose an app client above, or paste one."
      : "It has ended, was taken back, or is for another API. Get a new one.";
  }
  return `${sentAs === "" ? "The token" : sentAs} does not have it: widen its rights above, or give the client a role that permits it.`;
}
