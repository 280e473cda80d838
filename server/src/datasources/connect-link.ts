import { createHmac, timingSafeEqual } from "node:crypto";
import type { Sealer } from "../keys/sealing.ts";
import type { ConnectionRecord, ConnectionStore } from "../store/store.ts";
import type { System } from "../system.ts";

/**
 * Links that an end user opens to connect. A link is good for a day, and until somebody has connected:
 * it names the connection, and nobody else can make one. Nothing is written for it.
 */

export interface LinkContext {
  system: System;
  sealer: Sealer;
  publicUrl: string;
}

const lifetimeMs = 24 * 3_600_000;

type Whose = Pick<ConnectionRecord, "tenantId" | "id" | "linkId">;

export function connectUrlOf({ system, sealer, publicUrl }: LinkContext, whose: Whose): string {
  const expires = (system.now() + lifetimeMs).toString(36);
  return `${publicUrl}/connect/${whose.id}.${expires}.${macOf(sealer, whose, expires)}`;
}

function macOf(sealer: Sealer, { tenantId, id, linkId }: Whose, expires: string): string {
  const key = sealer.deriveKey(tenantId, "connect links");
  return createHmac("sha256", key)
    .update(JSON.stringify([id, linkId, expires]))
    .digest("base64url");
}

/** The connection that a link is for; `undefined` when the link is altered, too old or used up. */
export async function findByLink(
  context: Omit<LinkContext, "publicUrl"> & { store: ConnectionStore; tenantId: string },
  link: string,
): Promise<ConnectionRecord | undefined> {
  const [id = "", expires = "", mac = "", ...rest] = link.split(".");
  const isLate = !(parseInt(expires, 36) > context.system.now());
  if (rest.length > 0 || !/^con_\w{1,60}$/.test(id) || isLate) return undefined;
  const connection = await context.store.findConnection(context.tenantId, id);
  if (connection === undefined) return undefined;
  const expected = Buffer.from(macOf(context.sealer, connection, expires));
  const given = Buffer.from(mac);
  const isOurs = given.length === expected.length && timingSafeEqual(given, expected);
  return isOurs ? connection : undefined;
}
