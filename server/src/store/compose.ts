import type { Database, Tx } from "./schema.ts";
import type { Store } from "./store.ts";
import { apiKeyReads, apiKeyWrites } from "./sql/api-keys.ts";
import { apiReads, apiWrites } from "./sql/apis.ts";
import { auditReads, auditWrites } from "./sql/audit.ts";
import { changeReads } from "./sql/changes.ts";
import { clientReads, clientWrites } from "./sql/clients.ts";
import { connectionReads, connectionWrites } from "./sql/connections.ts";
import { credentialReads, credentialWrites } from "./sql/credentials.ts";
import { datasourceReads, datasourceWrites } from "./sql/datasources.ts";
import { factorReads, factorWrites } from "./sql/factors.ts";
import { keyReads, keyWrites } from "./sql/keys.ts";
import { leakReads, leakWrites } from "./sql/leaks.ts";
import { leaseReads, leaseWrites } from "./sql/leases.ts";
import { holderReads } from "./sql/permission-uses.ts";
import { peopleReads, peopleWrites } from "./sql/people.ts";
import { refusalReads, refusalWrites } from "./sql/refusals.ts";
import { restoreWrites } from "./sql/restore.ts";
import { retentionWrites } from "./sql/retention.ts";
import { revocationReads, revocationWrites } from "./sql/revocations.ts";
import { roleReads, roleWrites } from "./sql/roles.ts";
import { sessionReads, sessionWrites } from "./sql/sessions.ts";
import { singleUseWrites } from "./sql/single-use.ts";
import { tenantReads, tenantWrites } from "./sql/tenants.ts";
import { usageReports } from "./sql/usage-reports.ts";
import { usageReads, usageWrites } from "./sql/usage.ts";
import { deliveryReads, deliveryWrites } from "./sql/deliveries.ts";
import { exchangeReads, exchangeWrites } from "./sql/exchanges.ts";
import { webhookReads, webhookWrites } from "./sql/webhooks.ts";
import { userReads, userWrites } from "./sql/users.ts";

/**
 * Puts the capabilities' SQL together to one `Store`. Reads run on a connection of the caller's
 * process; a write is a name and an input, so that it can run where the store wants it to: in a
 * transaction on a Postgres connection, or on the one thread that writes to SQLite.
 */

export const writes = {
  ...tenantWrites,
  ...apiWrites,
  ...roleWrites,
  ...clientWrites,
  ...credentialWrites,
  ...revocationWrites,
  ...peopleWrites,
  ...userWrites,
  ...sessionWrites,
  ...factorWrites,
  ...apiKeyWrites,
  ...keyWrites,
  ...auditWrites,
  ...refusalWrites,
  ...usageWrites,
  ...leakWrites,
  ...datasourceWrites,
  ...connectionWrites,
  ...exchangeWrites,
  ...webhookWrites,
  ...deliveryWrites,
  ...singleUseWrites,
  ...leaseWrites,
  ...restoreWrites,
  ...retentionWrites,
};

export type WriteName = keyof typeof writes;

/** Runs one write in a transaction of its own. Rejects with `StoreUnavailable`. */
export type RunWrite = (name: WriteName, input: unknown) => Promise<unknown>;
/** Runs one read. Rejects with `StoreUnavailable`. */
export type RunRead = <Result>(read: () => Promise<Result>) => Promise<Result>;

interface StorePort {
  read: RunRead;
  write: RunWrite;
  onHint: Store["onHint"];
  /** A shorter way to ask what is asked before most answers, where there is one. */
  head?: Store["head"] | undefined;
  close(): Promise<void>;
}

export function composeStore(db: Database, port: StorePort): Store {
  const reads = {
    ...tenantReads(db),
    ...apiReads(db),
    ...roleReads(db),
    ...holderReads(db),
    ...clientReads(db),
    ...credentialReads(db),
    ...revocationReads(db),
    ...peopleReads(db),
    ...userReads(db),
    ...sessionReads(db),
    ...factorReads(db),
    ...apiKeyReads(db),
    ...keyReads(db),
    ...auditReads(db),
    ...refusalReads(db),
    ...usageReads(db),
    ...usageReports(db),
    ...leakReads(db),
    ...datasourceReads(db),
    ...connectionReads(db),
    ...exchangeReads(db),
    ...webhookReads(db),
    ...deliveryReads(db),
    ...leaseReads(db),
    ...changeReads(db),
  };
  const store: Record<string, unknown> = { onHint: port.onHint, close: port.close };
  for (const [name, read] of Object.entries(reads)) {
    const run = read as (...args: unknown[]) => Promise<unknown>;
    store[name] = (...args: unknown[]) => port.read(() => run(...args));
  }
  if (port.head !== undefined) store["head"] = port.head;
  for (const name of Object.keys(writes) as WriteName[]) {
    store[name] = (input: unknown) => port.write(name, input);
  }
  return store as Reads<typeof reads> & Writes & Omit<StorePort, "head"> satisfies Store;
}

/** Runs a write by its name: the only place where a name becomes a function again. */
export function runWrite(tx: Tx, name: WriteName, input: unknown): Promise<unknown> {
  const write = writes[name] as (tx: Tx, input: unknown) => Promise<unknown>;
  return write(tx, input);
}

type Reads<R> = { [Name in keyof R]: R[Name] };
type Writes = {
  [Name in WriteName]: (
    input: Parameters<(typeof writes)[Name]>[1],
  ) => ReturnType<(typeof writes)[Name]>;
};
