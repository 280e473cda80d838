import { Badge, Button, Select, Skeleton, Tooltip, useComputedColorScheme } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { apisQuery } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { Icon } from "../parts/icon.tsx";
import { loadDocument, sourcesOf, type Source } from "./document.ts";
import css from "./reference.module.css";
import { RefusalNote } from "./refusal-note.tsx";
import { createSending, type Refusal } from "./sending.ts";
import { createTokens, type Held } from "./token.ts";
import { TokenBar, useChoice, type Choice } from "./token-bar.tsx";

/** `/reference`: API documents, from which requests can be sent as an app client. */
export function ReferencePage() {
  const may = useMay();
  const { data: apis } = useQuery({ ...apisQuery, enabled: may("apis:read") });
  const sources = sourcesOf(apis?.apis ?? []);
  const [sourceId, setSourceId] = useState("corpora");
  const source = sources.find(({ id }) => id === sourceId) ?? sources[0]!;
  const [choice, setChoice] = useChoice();
  const [refusal, setRefusal] = useState<Refusal>();
  const { held, error, token } = useToken(choice, source.audience);
  const send = useSending(token, setRefusal);
  const bar = useRoomForBar();
  return (
    <>
      <header className={css["bar"]} ref={bar}>
        <Button
          component="a"
          href="/console"
          variant="subtle"
          color="gray"
          leftSection={<Icon name="left" size={16} />}
        >
          Console
        </Button>
        <Select
          className={css["client"]}
          aria-label="API"
          data={sources.map(({ id, label }) => ({ value: id, label }))}
          value={source.id}
          onChange={(id) => setSourceId(id ?? sourceId)}
        />
        <span className={css["spacer"]} />
        <TokenBar choice={choice} onChange={setChoice} />
        <TokenState held={held} error={error} choice={choice} />
      </header>
      <main>
        <Drawn key={source.id} source={source} send={send} />
      </main>
      {refusal !== undefined && (
        <RefusalNote
          refusal={refusal}
          sentAs={
            choice.mode === "client" && choice.clientId !== null
              ? "The app client"
              : choice.pasted && "The token"
          }
          onClose={() => setRefusal(undefined)}
        />
      )}
    </>
  );
}

/** What draws the documents is told how high the bar is: it wraps when there is little room. */
function useRoomForBar() {
  const bar = useRef<HTMLElement>(null);
  useEffect(() => {
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => {
      style.setProperty("--bar-height", `${bar.current!.offsetHeight}px`);
    });
    observer.observe(bar.current!);
    return () => observer.disconnect();
  }, []);
  return bar;
}

const lookEveryMs = 5_000;

/** What is to be sent: asked for when the choice changes, and again before it ends. */
function useToken(choice: Choice, audience: string | undefined) {
  const { mode, clientId, pasted } = choice;
  const permissions = choice.permissions.join(" ");
  const [held, setHeld] = useState<Held>();
  const [error, setError] = useState<unknown>();
  const tokens = useMemo(() => {
    if (mode !== "client" || clientId === null) return undefined;
    const narrowed = permissions === "" ? [] : permissions.split(" ");
    return createTokens({ clientId, permissions: narrowed, audience });
  }, [mode, clientId, permissions, audience]);
  useEffect(() => {
    setHeld(undefined);
    setError(undefined);
    if (tokens === undefined) return;
    const look = (): void => void tokens.current().then(setHeld, setError);
    look();
    const timer = setInterval(look, lookEveryMs);
    return () => clearInterval(timer);
  }, [tokens]);
  const token = async (): Promise<string | undefined> => {
    if (mode === "paste") return pasted.trim() === "" ? undefined : pasted.trim();
    return (await tokens?.current())?.token;
  };
  return { held, error, token };
}

/** One function as long as the page is there: what draws the document keeps the first that it gets. */
function useSending(
  token: () => Promise<string | undefined>,
  onRefusal: (refusal: Refusal | undefined) => void,
) {
  const latest = useRef(token);
  useEffect(() => {
    latest.current = token;
  });
  return useMemo(() => createSending(() => latest.current(), onRefusal), [onRefusal]);
}

function TokenState({
  held,
  error,
  choice,
}: {
  held: Held | undefined;
  error: unknown;
  choice: Choice;
}) {
  if (choice.mode === "paste" || choice.clientId === null) return null;
  if (error instanceof Error) {
    return (
      <Tooltip label={error.message} multiline maw={320}>
        <Badge color="red" autoContrast>
          No token
        </Badge>
      </Tooltip>
    );
  }
  if (held === undefined) return <Badge color="gray">Getting a token</Badge>;
  return (
    <Tooltip label={held.scope === "" ? "It permits nothing" : held.scope} multiline maw={420}>
      <Badge color="teal" role="status">
        Token ready
      </Badge>
    </Tooltip>
  );
}

type Send = ReturnType<typeof createSending>;

function Drawn({ source, send }: { source: Source; send: Send }) {
  const element = useRef<HTMLDivElement>(null);
  const scheme = useComputedColorScheme();
  const [error, setError] = useState<unknown>();
  const [isDrawn, setDrawn] = useState(false);
  useEffect(() => {
    let drawn: { destroy(): void } | undefined;
    let isGone = false;
    const draw = async (): Promise<void> => {
      const [document, { drawReference }] = await Promise.all([
        loadDocument(source),
        import("./scalar.ts"),
      ]);
      if (isGone || element.current === null) return;
      drawn = drawReference(element.current, { document, isDark: scheme === "dark", send });
      setDrawn(true);
    };
    draw().catch(setError);
    return () => {
      isGone = true;
      drawn?.destroy();
    };
  }, [source, scheme, send]);
  return (
    <>
      {error instanceof Error && (
        <p role="alert" className={css["problem"]}>
          {error.message}
        </p>
      )}
      {!isDrawn && error === undefined && <Skeleton height="80vh" radius={0} />}
      <div ref={element} />
    </>
  );
}
