import { join } from "node:path";
import type { Logger } from "pino";
import { createApis } from "./access/apis.ts";
import { createRoles } from "./access/roles.ts";
import { createKnownApiKeys } from "./api-keys/known-api-keys.ts";
import { noticingManyTokens } from "./audit/many-tokens.ts";
import { createRefusals, type Refusals } from "./audit/refusals.ts";
import { createUsage, type Usage } from "./audit/usage.ts";
import { createKnownClients } from "./clients/known-clients.ts";
import type { Config } from "./config.ts";
import { createCodeBudget } from "./http/code-budget.ts";
import { createFailureBudget } from "./http/failure-budget.ts";
import { createMetrics } from "./http/metrics.ts";
import { createPageKeys } from "./http/page-key.ts";
import { createRefusalNotes } from "./http/refusal-notes.ts";
import { createRequestIds } from "./http/request-id.ts";
import { createCookies } from "./http/cookies.ts";
import { createFormGuard } from "./http/pages/form.ts";
import { openOutside, type Outside } from "./http/outside.ts";
import type { PagesOptions } from "./http/pages/pages.ts";
import { createRouter, type RouterContext } from "./http/router.ts";
import type { createSampleApi } from "./http/sample-api.ts";
import type { AppServer } from "./http/server.ts";
import type { SessionCallers } from "./http/session-caller.ts";
import { createSourceAddress } from "./http/source-address.ts";
import { startAuditJob } from "./jobs/audit-job.ts";
import { startConnectionsJob } from "./jobs/connections-job.ts";
import { startWebhooksJob } from "./jobs/webhooks-job.ts";
import { rotateKeys, startJobs } from "./jobs/jobs.ts";
import { loadMasterKeys } from "./keys/master-key.ts";
import { scheduleOf } from "./keys/rotation.ts";
import { openSealer } from "./keys/sealing.ts";
import { createSigningKeys, type SigningKeys } from "./keys/signing.ts";
import { createLeakTotals } from "./leaks/leak-report.ts";
import { openPartnerKeys } from "./leaks/partner-keys.ts";
import { createMail, type Mail } from "./mail/mail.ts";
import { createFindOwner, createPeekOwner } from "./people/key-owner.ts";
import { createKnownUsers } from "./people/known-users.ts";
import { bootstrapOwner, issueSetupCode, type PeopleContext } from "./people/owner.ts";
import { relyingPartyOf } from "./people/passkey-challenge.ts";
import { createPasswordHashes } from "./people/password-hash.ts";
import { findPasswordProblem } from "./people/password-rules.ts";
import { createFindLiveSession } from "./people/session.ts";
import type { SignInContext } from "./people/sign-in.ts";
import { ensureFirstTenant, moveDefaultApi } from "./people/tenant.ts";
import { followChanges, type Feed } from "./store/feed.ts";
import { openSqlite } from "./store/sqlite/sqlite.ts";
import type { Store } from "./store/store.ts";
import type { System } from "./system.ts";
import { createAccessTokens } from "./tokens/access-token.ts";
import { openRevocations, type Revocations } from "./tokens/revocation.ts";
import { createTokenLifetime, tokenLifetimeSecondsMax } from "./tokens/token-lifetime.ts";

/** Puts all parts together: the only file that knows every one of them. */

export interface App {
  /** A one-time code for the first owner, while there is none. */
  setupCode: string | undefined;
  store: Store;
  feed: Feed;
  /** What the background job does on its schedule, or by hand; `true` when a key moved. */
  rotateKeys(reason: "schedule" | "now"): Promise<boolean>;
  stop(): Promise<void>;
}

export interface AppOptions {
  config: Config;
  system: System;
  log: Logger;
  appServer: AppServer;
}

/** Throws `StoreUnavailable` while the database does not answer; everything else is final. */
export async function startApp(options: AppOptions): Promise<App> {
  const opened = await open(options);
  try {
    await takePublicUrl(options, opened);
    return await assemble({ ...options, ...opened });
  } catch (error) {
    await opened.store.close();
    throw error;
  }
}

async function takePublicUrl(
  { config, system, log }: AppOptions,
  { store, tenantId }: Awaited<ReturnType<typeof open>>,
): Promise<void> {
  const { publicUrl } = config;
  const before = await moveDefaultApi(system, store, { tenantId, publicUrl });
  if (before === undefined) return;
  const message = "the public URL is another one: tokens that were issued before are refused";
  log.warn({ publicUrl, before }, message);
}

/** What serves and what an operator does by hand begin with. */
export async function open({ config, system }: Pick<AppOptions, "config" | "system">) {
  const store = await openStore(config);
  try {
    const isNew = (await store.findFirstTenant()) === undefined;
    const masterKeys = loadMasterKeys(system, config.masterKeyFile, isNew ? "create" : "refuse");
    const tenant = await ensureFirstTenant(system, store, masterKeys[0]!, config.publicUrl);
    const sealer = await openSealer(system, masterKeys, store);
    const feed = await followChanges(store, system);
    return { store, sealer, feed, tenantId: tenant.id };
  } catch (error) {
    await store.close();
    throw error;
  }
}

export type Opened = Pick<AppOptions, "config" | "system"> & Awaited<ReturnType<typeof open>>;

/** What not every installation has is loaded by those that have it: it would take memory from all. */
async function openStore(config: Config): Promise<Store> {
  if (config.databaseUrl === undefined)
    return openSqlite(join(config.dataDir, "countersign.sqlite"));
  const { openPostgres } = await import("./store/postgres.ts");
  const { storeHints: hints } = config;
  return openPostgres(config.databaseUrl, { hints, connectionsMax: 10 });
}

async function assemble(opened: AppOptions & Opened): Promise<App> {
  const { config, system, log, appServer, store, feed } = opened;
  const keys = await openKeys(opened);
  const hashes = createPasswordHashes(system);
  const relyingParty = relyingPartyOf(config.publicUrl);
  const people: SignInContext & PeopleContext = { ...opened, hashes, relyingParty };
  const setupCode = await bootstrap(people, config, log);
  const usage = createUsage(system, noticingManyTokens(store), log);
  const refusals = createRefusals(system, store, log);
  const revocations = await openRevocations(system, store, feed);
  const { outside, stop: stopOutside } = openOutside(config, opened);
  const parts = { keys, people, usage, refusals, revocations, outside };
  const router = await createRouter(routerContext(opened, parts));
  appServer.serve(router.listener);
  const jobs = startJobs({ system, store, keys, feed, log });
  const auditJob = startAuditJob({
    ...opened,
    keys,
    issuerOf: () => config.publicUrl,
    keepMs: config.auditRetentionDays * 86_400_000,
  });
  const toOthers = config.backgroundRenewal ? startJobsToOthers(opened, outside) : [];

  const stopUsage = () =>
    usage.stop().catch((error: unknown) => log.warn({ err: error }, "usage was not written"));

  async function stop(): Promise<void> {
    await router.close();
    // Side by side: where the store is silent each waits for it.
    await Promise.all([jobs, auditJob, ...toOthers].map((job) => job.stop()));
    await Promise.all([stopOutside(), refusals.stop(), stopUsage()]);
    feed.stop();
    await store.close();
  }
  return {
    setupCode,
    store,
    feed,
    rotateKeys: (reason) => rotateKeys({ store, keys, feed }, reason),
    stop,
  };
}

/** What a copy of the database must not do as well. */
const startJobsToOthers = (opened: AppOptions & Opened, outside: Outside) => [
  startWebhooksJob({ ...opened, ...outside }),
  startConnectionsJob({
    ...opened,
    ...outside,
    keepAliveMs: opened.config.keepAliveHours * 3_600_000,
  }),
];

export async function openKeys({ system, store, feed, sealer, config, tenantId }: Opened) {
  const schedule = rotationOf(config);
  const keys = createSigningKeys({ system, store, feed, sealer, schedule });
  await rotateKeys({ store, keys, feed }, "schedule");
  // From here on a token can be signed without asking the store.
  await keys.publicSet(tenantId);
  return keys;
}

const rotationOf = ({ signingKeyLifetimeDays }: Config) =>
  scheduleOf(signingKeyLifetimeDays, tokenLifetimeSecondsMax);

interface Parts {
  keys: SigningKeys;
  people: SignInContext & PeopleContext;
  usage: Usage;
  refusals: Refusals;
  revocations: Revocations;
  outside: Outside;
}

function routerContext(
  { config, system, log, appServer, store, sealer, feed, tenantId }: AppOptions & Opened,
  { keys, people, usage, refusals, revocations, outside }: Parts,
): RouterContext {
  const issuer = config.publicUrl;
  const { server } = appServer;
  const roles = createRoles(store, feed);
  const apis = createApis(store, feed);
  const clients = createKnownClients(store, feed, roles);
  const users = createKnownUsers(store, feed, roles);
  const findOwner = createFindOwner(clients, users);
  const peekOwner = createPeekOwner(clients, users);
  const apiKeys = createKnownApiKeys({ system, store, feed, roles, findOwner, peekOwner });
  const sourceAddressOf = createSourceAddress(config.trustedProxies);
  const failures = createFailureBudget(system.elapsedMs);
  const endpoints = { system, log, clients, usage, failures, firstTenantId: tenantId };
  const liveTokens = { system, keys, clients, apiKeys, apis, revocations };
  const sessions = { cookies: createCookies(issuer), find: createFindLiveSession(people, users) };
  const callers = { ...liveTokens, usage, failures, tenantId, issuer, sessions };
  const token = {
    ...endpoints,
    apiKeys,
    apis,
    // One tenant is served yet; its issuer is the public URL.
    accessTokens: createAccessTokens({
      system,
      keys,
      issuerOf: () => issuer,
      position: () => feed.position,
    }),
    lifetimeSecondsMax: createTokenLifetime(feed, config.outageGraceSeconds),
  };
  const leaks = createLeakTotals();
  const notes = createRefusalNotes({ ...callers, refusals, sourceAddressOf });
  const connect = { ...outside, system, store, sealer, tenantId };
  const shown = { sessions, sourceAddressOf, notes, issuer, connect };
  return {
    server,
    issuer,
    token,
    revocation: { ...endpoints, ...liveTokens, store, issuer },
    admin: {
      system,
      store,
      sealer,
      feed,
      schedule: rotationOf(config),
      keys,
      roles,
      grants: token,
      sourceAddressOf,
      callers,
      findOwner,
      refusals,
      pageKeys: createPageKeys(sealer.deriveKey(tenantId, "page keys")),
      quietMs: config.quietDaysBeforeRemoval * 86_400_000,
      ...outside,
      mail: mailOf(config, log),
    },
    leakReports: {
      partnerKeys: openPartnerKeys({ system, log }, config.leakReportKeysFile),
      leakReports: { ...callers, store, roles, log, totals: leaks },
    },
    people,
    pages: pagesOptions({ ...liveTokens, log, people, ...shown }),
    metrics: createMetrics({ usage, clients, feed, leaks, pauses: outside.pauses }),
    mount: { sourceAddressOf, newRequestId: createRequestIds(system), log, notes },
    sampleApi: sampleApiOf(config, { server, callers, notes, sourceAddressOf }),
  };
}

type MadeHere = "signIn" | "findSession" | "cookies" | "forms" | "failures" | "codes" | "publicUrl";

/** What the pages of the server need, beyond what they are given. */
function pagesOptions({
  people,
  sessions: { cookies, find: findSession },
  issuer,
  ...given
}: Omit<PagesOptions, MadeHere> & {
  system: System;
  people: Parts["people"];
  sessions: SessionCallers;
  issuer: string;
}): PagesOptions {
  return {
    ...given,
    cookies,
    findSession,
    signIn: people,
    forms: createFormGuard({ system: given.system, cookies, publicUrl: issuer }),
    failures: createFailureBudget(given.system.elapsedMs),
    codes: createCodeBudget(given.system.elapsedMs),
    publicUrl: issuer,
  };
}

function mailOf({ smtpUrl: url, mailFrom: from }: Config, log: Logger): Mail | undefined {
  return url === undefined || from === undefined ? undefined : createMail({ url, from }, log);
}

function sampleApiOf(
  { sampleApi, publicUrl, dataDir }: Config,
  parts: Omit<Parameters<typeof createSampleApi>[0], "publicUrl" | "databaseFile">,
): RouterContext["sampleApi"] {
  if (!sampleApi) return undefined;
  const databaseFile = join(dataDir, "corpora.sqlite");
  return async (scope) => {
    const { createSampleApi } = await import("./http/sample-api.ts");
    return createSampleApi({ ...parts, publicUrl, databaseFile })(scope);
  };
}

/** Answers a setup code while there is no owner. */
async function bootstrap(
  people: SignInContext & PeopleContext,
  config: Config,
  log: Logger,
): Promise<string | undefined> {
  const { bootstrapApiKey, bootstrapOwnerPassword, bootstrapOwnerEmail: email } = config;
  const owner = await people.store.findOwner(people.tenantId);
  if (owner !== undefined) {
    if (bootstrapApiKey !== undefined) {
      log.info("COUNTERSIGN_BOOTSTRAP_API_KEY is ignored: there is an owner already");
    }
    return undefined;
  }
  if (bootstrapApiKey === undefined && bootstrapOwnerPassword === undefined) {
    return issueSetupCode(people);
  }
  const given = {
    email: email ?? "owner@localhost",
    plainKey: bootstrapApiKey,
    plainPassword: bootstrapOwnerPassword,
  };
  if (bootstrapOwnerPassword !== undefined && findPasswordProblem(bootstrapOwnerPassword, given)) {
    log.warn("COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD would not be taken from a person: change it");
  }
  await bootstrapOwner(people, given);
  return undefined;
}
