import { checkHolds } from "../access/granting.ts";
import { rightsOfClaims, type Rights } from "../access/rights.ts";
import { auditOf, type Actor } from "../audit/audit.ts";
import { stateOf } from "../clients/credential.ts";
import type { KnownClient, KnownClients } from "../clients/known-clients.ts";
import { AdminError, badField, notFound } from "../errors/admin-error.ts";
import { OAuthError } from "../errors/oauth-error.ts";
import type { AuditStore, ClientStore } from "../store/store.ts";
import type { IssuedToken } from "../tokens/access-token.ts";
import { grantAskedRights } from "./asked-rights.ts";
import type { GrantContext } from "./grant.ts";

/**
 * A token of an app client [RFC 9068 §2.2] for somebody who tries out what it may do, without its secret. Short, and
 * never worth more than who asks holds: it would be a way to more rights otherwise. It ends with the
 * credential that it is tied to, as any other.
 */

export interface TestTokenContext {
  grants: GrantContext;
  store: Pick<ClientStore, "findClient"> & AuditStore;
  callers: { clients: KnownClients };
}

export interface AskedTestToken {
  clientId: string;
  scope: string | undefined;
  resource: string | undefined;
}

const lifetimeSecondsMax = 600;

/** Throws 400, 403, 404, and 409 for a client that would get none itself. */
export async function issueTestToken(
  context: TestTokenContext,
  { actor, grantable }: { actor: Actor; grantable: Rights },
  asked: AskedTestToken,
): Promise<IssuedToken> {
  const { grants, store } = context;
  const client = await findUsableClient(context, actor.tenantId, asked.clientId);
  const { api, scope, details } = await askedFor(grants, client, asked);
  checkHolds(grantable, rightsOfClaims(scope, details));
  const lifetimeSeconds = Math.min(
    lifetimeSecondsMax,
    client.tokenLifetimeSeconds ?? api.tokenLifetimeSeconds,
    grants.lifetimeSecondsMax(),
  );
  const act = { action: "app_client.test_token_issued" as const, subjectType: "app_client" };
  const after = { audience: api.audience, scope, lifetimeSeconds };
  const { system } = grants;
  // Written first: no token is out of which nobody knows.
  const audit = auditOf(system, actor, { ...act, subjectId: client.id, after });
  await store.insertAudit({ audit });
  const { clientId, tenantId, roles, credentialId } = client;
  const subject = { subject: clientId, clientId, tenantId, roles, credentialId };
  return grants.accessTokens.issue(subject, { api, scope, details, lifetimeSeconds });
}

async function findUsableClient(
  { grants: { system }, store, callers }: TestTokenContext,
  tenantId: string,
  id: string,
): Promise<KnownClient & { credentialId: string }> {
  const found = await store.findClient(tenantId, id);
  const client = found && (await callers.clients.find(found.client.clientId));
  if (client === undefined) throw notFound(id);
  if (!client.enabled) throw new AdminError(409, "The client is disabled.");
  if (!client.grantTypes.includes("client_credentials")) {
    throw new AdminError(409, "This client gets no tokens for itself.");
  }
  const credential = client.credentials.findLast((one) => stateOf(one, system.now()) === "active");
  if (credential === undefined) {
    throw new AdminError(409, "The client has no credential that works.");
  }
  return { ...client, credentialId: credential.id };
}

async function askedFor(
  { apis }: GrantContext,
  client: KnownClient,
  { scope, resource }: AskedTestToken,
) {
  const parameters = new Map(scope === undefined ? [] : [["scope", scope]]);
  try {
    const api = await apis.select(client.tenantId, resource);
    return { api, ...grantAskedRights(parameters, api, client.rights) };
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const field = error.code === "invalid_target" ? "resource" : "scope";
    throw badField(field, error.message);
  }
}
