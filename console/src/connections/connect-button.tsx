import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { Button } from "@mantine/core";
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { connectionPath, refreshOutbound } from "../api/datasources.ts";
import { request } from "../api/request.ts";
import { Problem } from "../parts/problem.tsx";

const lookEveryMs = 1_000;

/**
 * Connects in a window of its own, and notices when that is done. The window is opened by the click
 * itself, or a browser would keep it shut; where it goes is asked for then.
 */
export function ConnectButton({ id, label }: { id: string; label: string }) {
  const queries = useQueryClient();
  const [popup, setPopup] = useState<{ window: Window; before: Connection }>();
  const [error, setError] = useState<unknown>();

  useEffect(() => {
    if (popup === undefined) return;
    const look = async (): Promise<void> => {
      const now = await request<Connection>("GET", connectionPath(id)).catch(() => undefined);
      const hasEnded =
        now !== undefined && now.state !== "connecting" && isOther(popup.before, now);
      if (!hasEnded && !popup.window.closed) return;
      setPopup(undefined);
      await refreshOutbound(queries);
    };
    const timer = setInterval(() => void look(), lookEveryMs);
    return () => clearInterval(timer);
  }, [popup, id, queries]);

  const open = async (): Promise<void> => {
    setError(undefined);
    const opened = window.open("", "_blank", "width=560,height=720");
    try {
      const before = await request<Connection>("GET", connectionPath(id));
      const { connect_url: url } = before;
      if (url === undefined) return opened?.close();
      if (!isOfTheWeb(url)) throw new Error("The link that came is none of the web.");
      if (opened === null) location.assign(url);
      else {
        opened.location.href = url;
        setPopup({ window: opened, before });
      }
    } catch (problem) {
      opened?.close();
      setError(problem);
    }
  };
  return (
    <>
      <Button onClick={() => void open()} loading={popup !== undefined}>
        {label}
      </Button>
      <Problem error={error} />
    </>
  );
}

/** A window that we opened runs a script of its address as ours. */
const isOfTheWeb = (url: string): boolean => /^https?:$/.test(URL.parse(url)?.protocol ?? "");

/** Whether it was connected, or refused, in between. */
const isOther = (before: Connection, now: Connection): boolean =>
  before.since !== now.since || before.obtained_at !== now.obtained_at;
