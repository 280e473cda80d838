import {
  CreateTestToken,
  OpenapiDocument,
  TestToken,
} from "@countersign/protocol/admin/test-tokens.ts";
import { AdminError, badField, notFound } from "../../errors/admin-error.ts";
import { isFetchError } from "../../fetch/fetch-error.ts";
import type { GuardedFetch } from "../../fetch/fetch.ts";
import { issueTestToken, type TestTokenContext } from "../../grants/test-token.ts";
import type { ApiStore } from "../../store/store.ts";
import { ById } from "./app-clients.ts";
import { route, type AdminServer } from "./route.ts";

/** What the API reference needs: tokens to try with, and the documents of other APIs. */

export interface ApiReferenceRoutes extends TestTokenContext {
  store: TestTokenContext["store"] & Pick<ApiStore, "findApi">;
  fetch: GuardedFetch;
}

const test = route({
  permission: "app_clients:write",
  tag: "App clients",
  summary: "Get a token of an app client, to try something out",
  description:
    "For people who are signed in, and for nobody else. It permits nothing that they do not hold themselves, lives for ten minutes at most, and is audited; the client's secret is not needed and not shown.",
  params: ById,
  body: CreateTestToken,
  success: { 200: TestToken },
});
const document = route({
  permission: "apis:read",
  tag: "APIs",
  summary: "Read an API's own OpenAPI document",
  description: "Fetched from its `openapi_url`, through the guard of all outgoing requests.",
  params: ById,
  success: { 200: OpenapiDocument },
});

const documentBytesMax = 5 * 1024 * 1024;

export function registerApiReference(server: AdminServer, context: ApiReferenceRoutes): void {
  server.post("/app_clients/:id/test_tokens", test, async ({ params, body, caller }) => {
    if (caller.session === undefined) {
      throw new AdminError(403, "This is for people who are signed in. A program uses the secret.");
    }
    const { accessToken, lifetimeSeconds, scope } = await issueTestToken(context, caller, {
      clientId: params.id,
      scope: body.scope,
      resource: body.resource,
    });
    return {
      access_token: accessToken,
      token_type: "Bearer" as const,
      expires_in: lifetimeSeconds,
      ...(scope === undefined ? {} : { scope }),
    };
  });

  server.get("/apis/:id/openapi_document", document, async ({ params, caller }) => {
    const api = await context.store.findApi(params.id);
    if (api?.tenantId !== caller.actor.tenantId) throw notFound(params.id);
    if (api.openapiUrl === undefined) throw new AdminError(409, "The API has no openapi_url.");
    return { document: await readDocument(context.fetch, api.openapiUrl) };
  });
}

async function readDocument(fetch: Pick<GuardedFetch, "request">, url: string): Promise<string> {
  try {
    const { status, body } = await fetch.request({
      method: "GET",
      url,
      headers: { accept: "application/json, application/yaml;q=0.9, */*;q=0.5" },
      bodyBytesMax: documentBytesMax,
      redirectsMax: 3,
    });
    if (status !== 200) throw badField("openapi_url", `answers ${status}`);
    return body.toString("utf8");
  } catch (error) {
    if (!isFetchError(error)) throw error;
    throw badField("openapi_url", `cannot be read: ${error.message}`);
  }
}
