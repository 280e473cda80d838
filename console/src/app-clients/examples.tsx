import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { Button, Group, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState, type KeyboardEvent } from "react";
import { useAddresses } from "../api/addresses.ts";
import { readSecret } from "../api/app-clients.ts";
import { useMay } from "../api/session.ts";
import { CopyButton } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem.tsx";
import css from "./app-clients.module.css";
import { programs, programText, type CallingProgram } from "./programs.ts";
import { Confirmation, needsConfirmation } from "./secret-dialog.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** The first call, in the reader's language, with this client's values. */

const mask = "•".repeat(20);
const shown = programs.filter(({ credential }) => credential === "client secret");

export function Examples({ client }: { client: AppClient }) {
  const may = useMay();
  const addresses = useAddresses();
  const [program, setProgram] = useState<CallingProgram>(shown[0]!);
  const secret = useMutation({ mutationFn: () => readSecret(client.id) });
  if (addresses === undefined) return <Skeleton height={360} radius="md" />;
  const text = programText(program, {
    TOKEN_URL: addresses.tokenUrl,
    ISSUER: addresses.issuer,
    API_URL: addresses.issuer,
    CLIENT_ID: client.client_id,
    CLIENT_SECRET: secret.data?.secret ?? mask,
  });
  return (
    <Panel
      title="Call the API as this client"
      hint="A whole program: it gets a token and lists corpora with it. Each of them is run by our own tests."
    >
      <div className={css["examples"]}>
        <Languages chosen={program} onChoose={setProgram} />
        <div role="tabpanel" id="example" aria-label={program.title}>
          <div className={css["codeHead"]}>
            <Text size="sm" c="dimmed">
              Needs {program.needs}. Run it with <code>{program.howToRun}</code>
            </Text>
            <Group gap="xs">
              {may("app_clients:reveal_secret") && secret.data === undefined && (
                <Button
                  variant="default"
                  size="xs"
                  leftSection={<Icon name="eye" size={16} />}
                  loading={secret.isPending}
                  onClick={() => secret.mutate()}
                >
                  Fill in the secret
                </Button>
              )}
              <CopyButton text={text} label="Copy code" />
            </Group>
          </div>
          {!needsConfirmation(secret.error) && <Problem error={secret.error} />}
          {/* Scrolls, so the keyboard must reach it. */}
          <pre className={parts["code"]} tabIndex={0} aria-label={`Code in ${program.title}`}>
            {text}
          </pre>
        </div>
      </div>
      {needsConfirmation(secret.error) && (
        <Dialog onClose={secret.reset} title="Confirm that it is you">
          <Confirmation onClose={secret.reset} />
        </Dialog>
      )}
    </Panel>
  );
}

function Languages({
  chosen,
  onChoose,
}: {
  chosen: CallingProgram;
  onChoose: (program: CallingProgram) => void;
}) {
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent): void => {
    const by = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    if (by === undefined) return;
    event.preventDefault();
    const index = (shown.indexOf(chosen) + by + shown.length) % shown.length;
    onChoose(shown[index]!);
    list.current?.querySelectorAll<HTMLElement>('[role="tab"]')[index]?.focus();
  };
  return (
    <div
      ref={list}
      className={css["languages"]}
      role="tablist"
      aria-label="Language"
      aria-orientation="vertical"
      onKeyDown={move}
    >
      {shown.map((program) => (
        <UnstyledButton
          key={program.id}
          role="tab"
          className={css["language"]}
          aria-selected={program === chosen}
          aria-controls="example"
          tabIndex={program === chosen ? 0 : -1}
          onClick={() => onChoose(program)}
        >
          {program.title}
        </UnstyledButton>
      ))}
    </div>
  );
}
