import { Type } from "typebox";
import {
  CreateCredential,
  Credential,
  CredentialList,
  UpdateCredential,
} from "@countersign/protocol/admin/credentials.ts";
import { loadClient } from "../../clients/app-client.ts";
import { stateOf } from "../../clients/credential.ts";
import {
  addCredential,
  loadCredential,
  revealSecret,
  revokeCredential,
  updateCredential,
  type RotationContext,
} from "../../clients/rotation.ts";
import { judgeRemoval, type RemovalEvidence } from "../../clients/safe-to-remove.ts";
import type { CredentialRecord, KnownClientRecord } from "../../store/records.ts";
import type { UsageStore } from "../../store/store.ts";
import { fromIsoTime, isoTime } from "../iso-time.ts";
import { ById } from "./app-clients.ts";
import { leakPolicyOf } from "./leak-policy.ts";
import { mayRevealNow } from "../session-caller.ts";
import { idempotencyKeyOf, route, type AdminServer } from "./route.ts";

/** `/v2/app_clients/{id}/credentials`: add a new one, try without the old one, revoke it. */

export interface CredentialRoutes extends RotationContext {
  store: RotationContext["store"] & UsageStore;
  quietMs: number;
}

const OneCredential = Type.Object({ ...ById.properties, credential_id: ById.properties.id });
const tag = "Credentials";
const permission = "app_clients:write";

const create = route({
  permission,
  tag,
  summary: "Add a credential",
  description: "The others go on working. An `Idempotency-Key` makes it one, however often sent.",
  params: ById,
  body: CreateCredential,
  success: { 201: Credential },
});
const list = route({
  permission: "app_clients:read",
  tag,
  summary: "List the credentials of an app client",
  params: ById,
  success: { 200: CredentialList },
});
const read = route({
  permission: "app_clients:read",
  tag,
  summary: "Read a credential",
  description:
    "With `app_clients:reveal_secret` the answer holds its secret; that is audited, and a person in a browser needs a recent sign-in.",
  params: OneCredential,
  success: { 200: Credential },
});
const update = route({
  permission,
  tag,
  summary: "Disable a credential, for a while or until enabled again",
  params: OneCredential,
  body: UpdateCredential,
  success: { 200: Credential },
});
const remove = route({
  permission,
  tag,
  summary: "Revoke a credential",
  description: "It is never accepted again, and its copy is gone.",
  params: OneCredential,
  success: { 204: Type.Null() },
});

export function registerCredentials(server: AdminServer, context: CredentialRoutes): void {
  const path = "/app_clients/:id/credentials";
  const view = async (known: KnownClientRecord, credential: CredentialRecord, secret?: string) =>
    toCredential(await evidenceFor(context, known), credential, secret);

  server.post(path, create, async (request, reply) => {
    const { params, body, caller } = request;
    const { credential, plainSecret } = await addCredential(context, caller, params.id, {
      description: body.description,
      expiresAtMs: fromIsoTime("expires_at", body.expires_at),
      onLeak: body.on_leak,
      idempotencyKey: idempotencyKeyOf(request),
    });
    const known = await loadClient(context, caller.actor.tenantId, params.id);
    reply.code(201);
    return view(known, credential, plainSecret);
  });

  server.get(path, list, async ({ params, caller }) => {
    const known = await loadClient(context, caller.actor.tenantId, params.id);
    const evidence = await evidenceFor(context, known);
    return { credentials: known.credentials.map((one) => toCredential(evidence, one)) };
  });

  server.get(`${path}/:credential_id`, read, async ({ params, caller }) => {
    const { known, credential } = await loadCredential(context, caller, idsOf(params));
    const shown = mayRevealNow(caller, context.system.now()) ? credential : undefined;
    return view(known, credential, await revealSecret(context, caller, known, shown));
  });

  server.patch(`${path}/:credential_id`, update, async ({ params, body, caller }) => {
    const { enabled, description, on_leak: onLeak } = body;
    const disabledUntilMs = fromIsoTime("disabled_until", body.disabled_until);
    const change = { enabled, disabledUntilMs, description, onLeak };
    const credential = await updateCredential(context, caller, idsOf(params), change);
    return view(await loadClient(context, caller.actor.tenantId, params.id), credential);
  });

  server.delete(`${path}/:credential_id`, remove, async ({ params, caller }, reply) => {
    await revokeCredential(context, caller, idsOf(params));
    return reply.code(204).send(null);
  });
}

const idsOf = (params: { id: string; credential_id: string }) => ({
  clientResourceId: params.id,
  credentialId: params.credential_id,
});

type Evidence = Omit<RemovalEvidence, "credential">;

async function evidenceFor(
  { store, system, quietMs }: CredentialRoutes,
  { client, credentials }: KnownClientRecord,
): Promise<Evidence> {
  const atMs = system.now();
  const ids = credentials.map(({ id }) => id);
  const [uses, gaps] = await Promise.all([
    store.listCredentialUses(client.tenantId, ids),
    store.listGaps(atMs - quietMs),
  ]);
  return { credentials, uses, gaps, atMs, quietMs };
}

function toCredential(
  evidence: Evidence,
  credential: CredentialRecord,
  plainSecret?: string,
): Credential {
  const state = stateOf(credential, evidence.atMs);
  const use = evidence.uses.find(({ credentialId }) => credentialId === credential.id);
  const { safe, reason, quietSinceMs } = judgeRemoval({ ...evidence, credential });
  return {
    id: credential.id,
    kind: "secret",
    ...(plainSecret === undefined ? {} : { client_secret: plainSecret }),
    hint: credential.hint,
    description: credential.description,
    state,
    on_leak: leakPolicyOf(credential),
    created_at: isoTime(credential.createdAtMs),
    ...time("expires_at", credential.expiresAtMs),
    ...time("disabled_until", state === "disabled" ? credential.disabledUntilMs : undefined),
    ...(use === undefined ? {} : toUse(use)),
    safe_to_remove: { safe, reason, ...time("quiet_since", quietSinceMs) },
  };
}

const toUse = (use: Evidence["uses"][number]) => ({
  first_used_at: isoTime(use.firstUsedAtMs),
  last_used_at: isoTime(use.lastUsedAtMs),
  last_used_address: use.address,
  last_used_user_agent: use.userAgent,
});

function time<Name extends string>(name: Name, atMs: number | undefined) {
  return (atMs === undefined ? {} : { [name]: isoTime(atMs) }) as { [Key in Name]?: string };
}
