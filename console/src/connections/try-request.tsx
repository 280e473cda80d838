import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Badge, Button, Code, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { connectionPath } from "../api/datasources.ts";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem.tsx";
import roles from "../roles/roles.module.css";

/** A request to the outside API, as a program would send it through the proxy. */

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"];
const shownMax = 20_000;

interface Answer {
  status: number;
  statusText: string;
  headers: string;
  text: string;
  ms: number;
}

export function TryRequest({
  connection,
  datasource,
}: {
  connection: Connection;
  datasource: Datasource | undefined;
}) {
  const [method, setMethod] = useState("GET");
  const [path, setPath] = useState("/");
  const [body, setBody] = useState("");
  const send = useMutation({ mutationFn: () => sendThrough(connection, { method, path, body }) });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    send.mutate();
  };
  const hasBody = method !== "GET" && method !== "DELETE";
  return (
    <Panel
      title="Try a request"
      hint={
        <>
          Goes below <code>{datasource?.base_url ?? "the datasource's URL"}</code>. The token is put
          in on the way; this page never sees it.
        </>
      }
    >
      <form onSubmit={submit}>
        <Stack>
          <div className={roles["question"]}>
            <Select
              label="Method"
              maw={130}
              data={methods}
              value={method}
              onChange={(value) => setMethod(value ?? method)}
            />
            <TextInput
              label="Path and query"
              className={roles["widest"]}
              required
              spellCheck={false}
              value={path}
              onChange={({ currentTarget }) => setPath(currentTarget.value)}
            />
            <Button type="submit" loading={send.isPending}>
              Send
            </Button>
          </div>
          {hasBody && (
            <Textarea
              label="JSON body"
              autosize
              minRows={3}
              maxRows={12}
              spellCheck={false}
              value={body}
              onChange={({ currentTarget }) => setBody(currentTarget.value)}
            />
          )}
          <Problem error={send.error} />
          <div role="status">{send.data !== undefined && <Shown answer={send.data} />}</div>
        </Stack>
      </form>
    </Panel>
  );
}

async function sendThrough(
  { id }: Connection,
  { method, path, body }: { method: string; path: string; body: string },
): Promise<Answer> {
  // A browser would take these for another address of ours.
  if (/(^|[/\\])(\.|%2e){1,2}([/\\]|$)/i.test(path.split(/[?#]/)[0]!)) {
    throw new Error("A path must not have segments of dots.");
  }
  const startedAt = performance.now();
  const response = await fetch(`${connectionPath(id)}/proxy/${path.replace(/^\/+/, "")}`, {
    method,
    // Followed, it could lead to ourselves, with the session of whoever tries it.
    redirect: "manual",
    ...(body === "" || method === "GET" || method === "DELETE"
      ? {}
      : { body, headers: { "content-type": "application/json" } }),
  });
  if (response.type === "opaqueredirect") {
    throw new Error("The API answered with a redirect. A browser does not tell where it leads.");
  }
  const text = await response.text();
  return {
    status: response.status,
    statusText: response.statusText,
    headers: [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n"),
    text: inLines(text).slice(0, shownMax),
    ms: Math.round(performance.now() - startedAt),
  };
}

function inLines(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

const Shown = ({ answer }: { answer: Answer }) => (
  <Stack gap={8}>
    <Text>
      <Badge color={answer.status < 400 ? "teal" : "orange"} autoContrast mr={8}>
        {answer.status} {answer.statusText}
      </Badge>
      <span className="muted">{answer.ms} ms</span>
    </Text>
    <details>
      <summary>Headers</summary>
      <Code block>{answer.headers}</Code>
    </details>
    <pre className={parts["code"]} tabIndex={0} aria-label="Answer">
      {answer.text === "" ? "(no body)" : answer.text}
    </pre>
  </Stack>
);
