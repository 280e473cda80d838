import assert from "node:assert/strict";
import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { TestServer } from "../server.ts";
import type { PageAnswer, Visitor } from "../visitor.ts";

/** Somebody who opens a connect link, and goes to the provider and back. */

type Server = Pick<TestServer, "url">;

export const pathAt = ({ url }: Server, address: string): string => address.slice(url.length);

/** As far as the provider: its address, and the one that it sends the browser back to. */
export async function startConnecting(
  server: Server,
  visitor: Visitor,
  { connect_url }: Connection,
): Promise<{ url: URL; back: string }> {
  const page = await visitor.get(pathAt(server, connect_url!));
  const [, href] = /<a class="button" href="([^"]+)"/.exec(page.text) ?? [];
  assert.ok(href !== undefined, page.text);
  const sent = await visitor.get(href);
  assert.equal(sent.status, 303, sent.text);
  const answer = await fetch(sent.location!, { redirect: "manual" });
  return { url: new URL(sent.location!), back: answer.headers.get("location")! };
}

export async function connectAt(
  server: Server,
  visitor: Visitor,
  connection: Connection,
): Promise<PageAnswer> {
  const { back } = await startConnecting(server, visitor, connection);
  return visitor.get(pathAt(server, back));
}
