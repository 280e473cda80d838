import type {
  ImportDatasources,
  ImportedDatasources,
} from "@countersign/protocol/admin/datasource-import.ts";
import { Alert, Button, FileButton, Group, Stack, Text, Textarea } from "@mantine/core";
import { useRef, useState } from "react";
import { datasourcesPath, useOutboundChange } from "../api/datasources.ts";
import { newIdempotencyKey } from "../api/creation.ts";
import { request } from "../api/request.ts";
import { Problem } from "../parts/problem.tsx";
import { ImportOutcomes } from "./import-outcomes.tsx";
import { readExport } from "./read-export.ts";
import { Dialog } from "../parts/dialog.tsx";

/** Takes over what was described elsewhere: shows first what would be done, then does it. */
export function ImportDialog({ onClose }: { onClose: () => void }) {
  const [text, setText] = useState("");
  const [isBad, setBad] = useState(false);
  const [asked, setAsked] = useState<Asked>();
  const last = useRef<{ text: string; key: string }>(undefined);
  const preview = useImport();
  const real = useImport();
  const look = (): void => {
    const found = readExport(text);
    setBad(found === undefined);
    if (found === undefined) return;
    // Who looks again after an answer that was lost means the same import.
    if (last.current?.text !== text) last.current = { text, key: newIdempotencyKey() };
    const next = { body: found, key: last.current.key };
    preview.mutate({ ...next, isDry: true }, { onSuccess: () => setAsked(next) });
  };
  const shown = real.data ?? (asked === undefined ? undefined : preview.data);
  const creatable = shown?.filter(({ outcome }) => outcome === "would_be_created").length ?? 0;
  const failed = shown?.filter(({ outcome }) => outcome === "failed").length ?? 0;
  const doImport = (): void => {
    if (asked !== undefined) real.mutate({ ...asked, isDry: false });
  };
  const isClosable = !real.isPending;
  return (
    <Dialog
      size="lg"
      onClose={onClose}
      title={real.data === undefined ? "Import datasources" : "Imported"}
      closeOnEscape={isClosable}
      closeOnClickOutside={isClosable && text === ""}
      withCloseButton={isClosable}
    >
      <Stack>
        {shown === undefined ? (
          <Source text={text} isBad={isBad} onText={setText} />
        ) : (
          <ImportOutcomes outcomes={shown} />
        )}
        <Problem error={real.error ?? preview.error} />
        <Group justify="flex-end" gap="xs">
          {asked !== undefined && real.data === undefined && (
            <Button
              variant="subtle"
              disabled={real.isPending}
              onClick={() => {
                setAsked(undefined);
                real.reset();
              }}
            >
              Back
            </Button>
          )}
          <Button variant="default" disabled={!isClosable} onClick={onClose}>
            {real.data === undefined ? "Cancel" : "Close"}
          </Button>
          {shown === undefined && (
            <Button disabled={text.trim() === ""} loading={preview.isPending} onClick={look}>
              See what would be done
            </Button>
          )}
          {asked !== undefined && real.data === undefined && (
            <Button disabled={creatable === 0} loading={real.isPending} onClick={doImport}>
              {creatable === 0 ? "Nothing to import" : `Import ${creatable}`}
            </Button>
          )}
          {failed > 0 && (
            <Button loading={real.isPending} onClick={doImport}>
              Try the rest again
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}

interface Asked {
  body: ImportDatasources;
  key: string;
}

/** Under one key: whoever sends it again, after an answer that was lost, creates nothing twice. */
const useImport = () =>
  useOutboundChange(async ({ body, key, isDry }: Asked & { isDry: boolean }) => {
    const sent = isDry ? { body: { ...body, dry_run: true } } : { body, idempotencyKey: key };
    const path = `${datasourcesPath}/import`;
    return (await request<ImportedDatasources>("POST", path, sent)).datasources;
  });

const Source = ({
  text,
  isBad,
  onText,
}: {
  text: string;
  isBad: boolean;
  onText: (text: string) => void;
}) => (
  <>
    <Text>
      An export of Appsmith, of an application or of one datasource, or the export of a datasource
      here. Exports hold no secrets: you fill those in afterwards, and who connected connects again.
    </Text>
    <Textarea
      label="Export"
      description="JSON, pasted or from a file."
      autosize
      minRows={8}
      maxRows={16}
      value={text}
      spellCheck={false}
      styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      onChange={({ currentTarget }) => onText(currentTarget.value)}
    />
    <Group>
      <FileButton
        accept="application/json,.json"
        onChange={(file) => void file?.text().then(onText)}
      >
        {(props) => (
          <Button {...props} variant="default">
            Choose a file
          </Button>
        )}
      </FileButton>
    </Group>
    {isBad && (
      <Alert color="red" variant="light" role="alert" title="This is not JSON">
        Take the file as it was exported.
      </Alert>
    )}
  </>
);
