import { Type } from "typebox";
import {
  RotateSigningKeys,
  SigningKeyList,
  type SigningKey,
} from "@countersign/protocol/admin/signing-keys.ts";
import {
  listKeys,
  removeKey,
  rotateNow,
  type KeyActs,
  type KeyKeeper,
  type PublishedKey,
} from "../../keys/key-acts.ts";
import { auditOf } from "../../audit/audit.ts";
import type { Caller } from "../caller.ts";
import { isoTime } from "../iso-time.ts";
import { route, type AdminServer } from "./route.ts";

/** `/v2/signing_keys`: the keys that sign tokens, and what an administrator can do with them. */

export type SigningKeyRoutes = KeyActs;

const tag = "Signing keys";

const list = route({
  permission: "signing_keys:read",
  tag,
  summary: "List the signing keys",
  description: "Those in the key set, with their stage and when it ends.",
  success: { 200: SigningKeyList },
});
const rotate = route({
  permission: "signing_keys:write",
  tag,
  summary: "Rotate the signing keys now",
  description:
    "The next key signs from now on; the old one stays published until its last token has expired. 409 says from when on that is possible: every cached key set must hold the next key first.",
  body: RotateSigningKeys,
  success: { 200: SigningKeyList },
});
const remove = route({
  permission: "signing_keys:write",
  tag,
  summary: "Remove a signing key at once",
  description:
    "For a key that may be in the wrong hands. All its tokens are refused: here and by introspection at once, by verifiers when their cached key set has expired (five minutes). If it signed, the next key takes over and a new next one is made.",
  params: Type.Object({ kid: Type.String({ minLength: 1, maxLength: 100 }) }),
  success: { 204: Type.Null() },
});

export function registerSigningKeys(server: AdminServer, context: SigningKeyRoutes): void {
  const listed = async (tenantId: string) => ({
    signing_keys: (await listKeys(context, tenantId)).map(toSigningKey),
  });

  const keeperOf = ({ actor }: Caller): KeyKeeper => ({
    tenantId: actor.tenantId,
    audit: (act) => auditOf(context.system, actor, act),
  });

  server.get("/signing_keys", list, ({ caller }) => listed(caller.actor.tenantId));

  server.post("/signing_keys/rotate", rotate, async ({ body, caller }) => {
    await rotateNow(context, keeperOf(caller), body.algorithm);
    return listed(caller.actor.tenantId);
  });

  server.delete("/signing_keys/:kid", remove, async ({ params, caller }, reply) => {
    await removeKey(context, keeperOf(caller), params.kid);
    return reply.code(204).send(null);
  });
}

const toSigningKey = (key: PublishedKey): SigningKey => ({
  kid: key.id,
  algorithm: key.algorithm as SigningKey["algorithm"],
  stage: key.stage as SigningKey["stage"],
  created_at: isoTime(key.createdAtMs),
  stage_since: isoTime(key.stageSinceMs),
  next_stage_at: isoTime(key.nextStageAtMs),
  public_jwk: JSON.parse(key.publicJwk) as SigningKey["public_jwk"],
});
