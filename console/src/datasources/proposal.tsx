import { Anchor } from "@mantine/core";
import type { ReactNode } from "react";
import parts from "../parts/parts.module.css";
import type { Draft, DraftField } from "./draft.ts";

/**
 * Below a field that says something else than the provider's profile: what that proposes, to be taken up
 * again. For the `inputContainer` of an input; nothing stands there where `words` are absent.
 */
export const withProposal =
  (words: string | undefined, onTake: () => void) => (input: ReactNode) => (
    <>
      {input}
      {words !== undefined && (
        <Anchor
          component="button"
          type="button"
          size="xs"
          mt={4}
          ta="left"
          display="block"
          className={parts["anywhere"]}
          onClick={onTake}
        >
          Use the provider's: {words}
        </Anchor>
      )}
    </>
  );

/** Of lists what each line says, one after the other. */
export function wordsOf(value: Draft[DraftField]): string {
  if (!Array.isArray(value)) return typeof value === "string" ? value : JSON.stringify(value);
  const lines: readonly (string | object)[] = value;
  return lines
    .map((line) => (typeof line === "string" ? [line] : Object.values(line).filter(Boolean)))
    .map((pieces) => pieces.join(" "))
    .join(", ");
}
