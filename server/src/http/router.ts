import Fastify, {
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerOptions,
} from "fastify";
import type { RequestListener, Server } from "node:http";
import { endpointPaths } from "@countersign/protocol/metadata.ts";
import type { Registry } from "prom-client";
import type { PeopleContext } from "../people/owner.ts";
import { registerAdminApi, type AdminContext } from "./admin/admin-api.ts";
import type { IdentifyContext } from "./admin/identify.ts";
import { registerLeakReports, type LeakReportRoutes } from "./admin/leak-reports.ts";
import { takeJsonBodies } from "./json-body.ts";
import { mountRoutes, type MountOptions, type Route } from "./mount.ts";
import { createIntrospectionEndpoint } from "./oauth/introspection.ts";
import { createJwksEndpoint } from "./oauth/jwks.ts";
import { createMetadataEndpoint, createOpenidConfigurationEndpoint } from "./oauth/metadata.ts";
import { createProtectedResourceEndpoint } from "./oauth/protected-resource.ts";
import { createRevocationEndpoint, type RevocationContext } from "./oauth/revocation.ts";
import { createTokenEndpoint, type TokenContext } from "./oauth/token.ts";
import { registerOpenapi, registerOpenapiDocument } from "./openapi.ts";
import { parseForm, parseFormOrJson } from "./parameters.ts";
import { registerPages, type PagesOptions } from "./pages/pages.ts";
import { collectMethods } from "./known-methods.ts";
import { createNotFound, createProblemWriter } from "./problem.ts";
import { admitProxied } from "./proxy/entrance.ts";
import { findHandedOver } from "./proxy/handed-over.ts";
import { ownFieldsOf } from "./proxy/passed-answer.ts";
import type { ProxyRoutes } from "./admin/connection-proxy.ts";
import type { RefusalNotes } from "./refusal-notes.ts";
import { securityHeaders } from "./security-headers.ts";
import { serializerCompiler } from "./serialization.ts";
import { registerSetup } from "./setup.ts";
import { validatorCompiler } from "./validation.ts";

/** The table of everything that can be asked for. */

export interface RouterContext {
  server: Server;
  issuer: string;
  token: TokenContext;
  revocation: RevocationContext;
  admin: Omit<AdminContext, keyof ProxyRoutes>;
  leakReports: Omit<LeakReportRoutes, keyof IdentifyContext>;
  people: PeopleContext;
  pages: PagesOptions;
  metrics: Registry;
  mount: Omit<MountOptions, "routes"> & { notes: RefusalNotes };
  /** Registers the sample API, while it is on. */
  sampleApi: ((server: FastifyInstance) => Promise<void>) | undefined;
}

/** Protocol endpoints, then requests through connections, and behind them the framework with everything else. */
export async function createRouter(context: RouterContext): Promise<Router> {
  const { server, issuer, admin, mount } = context;
  const proxy = { ...admin, helpless: new Map() };
  const proxied = { proxy, ownFields: ownFieldsOf(securityHeaders(issuer)) };
  const framework = await createFramework(context, proxied);
  const otherwise: RequestListener = (request, response) => framework.routing(request, response);
  const admitting = admitProxied({ ...admin, ...mount, server, ...proxied }, otherwise);
  const listener = mountRoutes({ ...mount, routes: protocolRoutes(context) }, admitting);
  return { listener, close: () => framework.close() };
}

export interface Router {
  listener: RequestListener;
  /** Closes what the routes opened, such as the sample API's database. */
  close(): Promise<void>;
}

const reading = ["GET", "HEAD"];

function protocolRoutes({
  issuer,
  token,
  revocation,
  admin,
}: RouterContext): ReadonlyMap<string, Route> {
  const { keys, tenantId } = admin.callers;
  const { log } = token;
  return new Map<string, Route>([
    [endpointPaths.token, { methods: ["POST"], endpoint: createTokenEndpoint(token, parseForm) }],
    [
      endpointPaths.tokenJson,
      { methods: ["POST"], endpoint: createTokenEndpoint(token, parseFormOrJson) },
    ],
    [
      endpointPaths.introspection,
      { methods: ["POST"], endpoint: createIntrospectionEndpoint(revocation) },
    ],
    [
      endpointPaths.revocation,
      { methods: ["POST"], endpoint: createRevocationEndpoint(revocation) },
    ],
    [endpointPaths.jwks, { methods: reading, endpoint: createJwksEndpoint(keys, tenantId, log) }],
    [
      endpointPaths.authorizationServerMetadata,
      { methods: reading, endpoint: createMetadataEndpoint(issuer) },
    ],
    [
      endpointPaths.openidConfiguration,
      { methods: reading, endpoint: createOpenidConfigurationEndpoint(issuer) },
    ],
    [
      endpointPaths.protectedResourceMetadata,
      { methods: reading, endpoint: createProtectedResourceEndpoint(issuer) },
    ],
  ]);
}

const bodyBytesMax = 1_048_576;

/** Given at the start, so that the framework does not load its own, whose types these should have. */
const compilersFactory = {
  buildValidator: () => validatorCompiler,
  buildSerializer: () => serializerCompiler,
} as unknown as CompilersFactory;
type CompilersFactory = NonNullable<
  NonNullable<FastifyServerOptions["schemaController"]>["compilersFactory"]
>;

async function createFramework(
  context: RouterContext,
  proxied: ProxyRoutes,
): Promise<FastifyInstance> {
  const { server, issuer, admin, people, pages, metrics, mount, sampleApi } = context;
  const headers = securityHeaders(issuer);
  const identify = ({ id }: FastifyRequest, reply: FastifyReply): void =>
    void reply.headers({ ...headers, "x-request-id": id });
  const writeProblem = createProblemWriter(issuer, mount.log, mount.notes);
  const framework: FastifyInstance = Fastify({
    serverFactory: () => server,
    // What is not HTTP has been refused by the server itself.
    clientErrorHandler: () => undefined,
    frameworkErrors(error, request, reply) {
      identify(request, reply);
      writeProblem(error, request, reply);
    },
    logger: false,
    bodyLimit: bodyBytesMax,
    genReqId: (request) => findHandedOver(request)?.requestId ?? mount.newRequestId(),
    // A route that does not exist, a method it does not have: both are answered by us.
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: 400 },
    schemaController: { compilersFactory },
  });
  takeJsonBodies(framework);
  framework.setErrorHandler(writeProblem);
  framework.setNotFoundHandler(createNotFound(collectMethods(framework)));
  framework.addHook("onRequest", async (request, reply) => identify(request, reply));
  await registerOpenapi(framework, issuer);
  registerOpenapiDocument(framework);
  registerHealth(framework, metrics);
  await framework.register(async (scope) => registerSetup(scope, people));
  await framework.register(async (scope) => registerPages(scope, pages));
  await framework.register(async (scope) => registerAdminApi(scope, { ...admin, ...proxied }), {
    prefix: "/v2",
  });
  const reports = { ...admin, ...context.leakReports };
  await framework.register(async (scope) => registerLeakReports(scope, reports), { prefix: "/v2" });
  if (sampleApi !== undefined) await framework.register(sampleApi, { prefix: "/v2" });
  await framework.ready();
  return framework;
}

function registerHealth(framework: FastifyInstance, metrics: Registry): void {
  const hidden = { schema: { hide: true } };
  framework.get("/healthz", hidden, () => ({ status: "ok" }));
  // Reached only when migrations and bootstrap are done.
  framework.get("/readyz", hidden, () => ({ status: "ready" }));
  framework.get("/metrics", hidden, async (_request, reply) => {
    reply.type(metrics.contentType);
    return metrics.metrics();
  });
}
