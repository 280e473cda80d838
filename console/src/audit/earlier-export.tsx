import type { AuditHeadClaims } from "@countersign/protocol/audit-chain.ts";
import { endOfEarlierExport } from "@countersign/protocol/audit-verification.ts";
import { FileInput, Stack, Textarea } from "@mantine/core";
import { useState } from "react";
import { exactTime } from "../parts/time.tsx";

/** Of a file only the end is read; a head is far shorter. */
const endBytes = 64 * 1024;

/** What was kept of an earlier export: the file, or the head alone. Reads it here. */
export function EarlierExport({
  onChange,
}: {
  /** `"unreadable"` when there is something, and no head in it. */
  onChange: (earlier: AuditHeadClaims | "unreadable" | undefined) => void;
}) {
  const [text, setText] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [found, setFound] = useState<AuditHeadClaims | "unreadable">();

  function take(kept: string): void {
    const end = kept.trim() === "" ? undefined : (endOfEarlierExport(kept) ?? "unreadable");
    setFound(end);
    onChange(end);
  }

  async function takeFile(chosen: File | null): Promise<void> {
    setFile(chosen);
    setText("");
    if (chosen === null) return take("");
    // A file without anything in it has no head either.
    take(
      (await chosen
        .slice(-endBytes)
        .text()
        .catch(() => "")) || "-",
    );
  }

  const error =
    found === "unreadable" ? "There is no head of an audit log at the end of this." : "";
  const description =
    found === undefined || found === "unreadable"
      ? ""
      : `Ends with number ${found.sequence}, signed ${exactTime(new Date(found.iat * 1000).toISOString())}.`;
  return (
    <Stack gap="sm">
      <FileInput
        label="Earlier export"
        placeholder="Choose a file"
        clearable
        value={file}
        onChange={(chosen) => void takeFile(chosen)}
        description={file === null ? "" : description}
        error={file === null ? "" : error}
      />
      <Textarea
        label="Or the head that was kept"
        autosize
        minRows={2}
        maxRows={4}
        value={text}
        description={file === null ? description : ""}
        error={file === null ? error : ""}
        onChange={({ currentTarget }) => {
          setFile(null);
          setText(currentTarget.value);
          take(currentTarget.value);
        }}
      />
    </Stack>
  );
}
