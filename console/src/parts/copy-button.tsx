import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { useState } from "react";
import { copyText } from "./clipboard.ts";
import { Icon } from "./icon.tsx";

/** Copies, and says so where one looks and where one listens. */

const confirmMs = 1_800;

function useCopied(text: string) {
  const [state, setState] = useState<"ready" | "copied" | "failed">("ready");
  const copy = (): void => {
    copyText(text).then(
      () => setState("copied"),
      () => setState("failed"),
    );
    setTimeout(() => setState("ready"), confirmMs);
  };
  return { state, copy };
}

const words = { copied: "Copied", failed: "Select it and copy it by hand" };

/** `what` completes "Copy …". */
export function CopyIcon({ text, what }: { text: string; what: string }) {
  const { state, copy } = useCopied(text);
  const label = state === "ready" ? `Copy ${what}` : words[state];
  return (
    <>
      <Tooltip label={label} {...(state === "ready" ? {} : { opened: true })}>
        <ActionIcon
          variant="subtle"
          color={state === "copied" ? "green" : "gray"}
          size="sm"
          onClick={copy}
          aria-label={`Copy ${what}`}
        >
          <Icon name={state === "copied" ? "check" : "copy"} size={16} />
        </ActionIcon>
      </Tooltip>
      <span role="status" className="for-listeners">
        {state === "ready" ? "" : words[state]}
      </span>
    </>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const { state, copy } = useCopied(text);
  return (
    <>
      <Button
        variant="default"
        size="xs"
        leftSection={<Icon name={state === "copied" ? "check" : "copy"} size={16} />}
        onClick={copy}
        miw={104}
      >
        {state === "ready" ? label : words[state]}
      </Button>
      <span role="status" className="for-listeners">
        {state === "ready" ? "" : words[state]}
      </span>
    </>
  );
}
