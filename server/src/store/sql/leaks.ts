import type { FindingRecord } from "../records.ts";
import type { DigestOwner, LeakAct, LeakPage, LeakRecord, LeakStore } from "../leak-store.ts";
import { withNulls, withoutNulls, type Database, type Schema, type Tx } from "../schema.ts";
import { apiKeyWrites } from "./api-keys.ts";
import { recordAudit } from "./audit.ts";
import { credentialWrites } from "./credentials.ts";
import { insertNew } from "./insert-new.ts";
import { keysetPage } from "./keyset-page.ts";
import { revocationWrites } from "./revocations.ts";
import { Rollback } from "./rollback.ts";
import { replaceVersion } from "./versions.ts";

/** What was reported as leaked, and what was done about it in the same breath. */

/** SQLite takes at most 32,766 parameters in a statement. */
const digestsPerQuery = 1_000;
/** The next sweep goes on. */
const leaksPerSweep = 1_000;

export const leakReads = (db: Database) =>
  ({
    async findDigestOwners(digestScheme, digests) {
      const owners: DigestOwner[] = [];
      for (let start = 0; start < digests.length; start += digestsPerQuery) {
        const part = digests.slice(start, start + digestsPerQuery);
        owners.push(...(await listOwners(db, digestScheme, part)));
      }
      return owners;
    },

    async findLeakByDigest(tenantId, digest, placeDigest) {
      const row = await ofTenant(db, tenantId).where("digest", "=", digest).executeTakeFirst();
      if (row === undefined) return undefined;
      const place = await db
        .selectFrom("leakPlaces")
        .select("leakId")
        .where("leakId", "=", row.id)
        .where("placeDigest", "=", placeDigest)
        .executeTakeFirst();
      return { leak: toLeak(row), isKnownPlace: place !== undefined };
    },

    async findLeak(tenantId, id) {
      const row = await ofTenant(db, tenantId).where("id", "=", id).executeTakeFirst();
      return row && toLeak(row);
    },

    async listLeaks(tenantId, { after, status, kind, clientId, subjectId, limit }: LeakPage) {
      const rows = await ofTenant(db, tenantId)
        .$if(status !== undefined, (query) => query.where("status", "=", status!))
        .$if(kind !== undefined, (query) => query.where("kind", "=", kind!))
        .$if(clientId !== undefined, (query) => query.where("clientId", "=", clientId!))
        .$if(subjectId !== undefined, (query) => query.where("subjectId", "=", subjectId!))
        .$call((query) => keysetPage(query, ["firstReportedAtMs", "id"], { after, limit }, "desc"))
        .execute();
      return rows.map(toLeak);
    },

    async listLeakPlaces(leakId) {
      const rows = await db
        .selectFrom("leakPlaces")
        .selectAll()
        .where("leakId", "=", leakId)
        .orderBy("atMs")
        .orderBy("placeDigest")
        .execute();
      return rows.map(({ leakId: _leak, tenantId: _tenant, ...place }) => place);
    },
  }) satisfies Partial<LeakStore>;

export const leakWrites = {
  async recordLeak(tx: Tx, input: Parameters<LeakStore["recordLeak"]>[0]) {
    const { leak, place, act, finding, audit } = input;
    const row = withNulls(leak);
    const isStored =
      leak.version === 1
        ? await insertNew(tx, "leaks", row)
        : await replaceVersion(tx, "leaks", row);
    if (!isStored) return "conflict" as const;
    const seen = { ...place, leakId: leak.id, tenantId: leak.tenantId };
    if (!(await insertNew(tx, "leakPlaces", seen))) throw new Rollback("repeated");
    if (finding !== undefined) await addFinding(tx, finding);
    await recordAudit(tx, audit);
    // It takes positions, and so comes last.
    if (act !== undefined && (await perform(tx, act)) !== "written") throw new Rollback("conflict");
    return "written" as const;
  },

  async updateLeak(tx: Tx, input: Parameters<LeakStore["updateLeak"]>[0]) {
    const { leak, audit } = input;
    if (!(await replaceVersion(tx, "leaks", withNulls(leak)))) return "conflict" as const;
    if (leak.status !== "open") await clearFinding(tx, leak);
    await recordAudit(tx, audit);
    return "written" as const;
  },

  async sweepLeaks(tx: Tx, { beforeMs }: { beforeMs: number }) {
    const old = tx
      .selectFrom("leaks")
      .select("leaks.id")
      .where("status", "!=", "open")
      .where("lastReportedAtMs", "<", beforeMs)
      // When it was closed, and by whom, stands there.
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom("auditEvents")
              .select("auditEvents.id")
              .whereRef("auditEvents.tenantId", "=", "leaks.tenantId")
              .whereRef("auditEvents.subjectId", "=", "leaks.id")
              .where("auditEvents.atMs", ">=", beforeMs),
          ),
        ),
      );
    const ids = (await old.limit(leaksPerSweep).execute()).map(({ id }) => id);
    if (ids.length === 0) return "written" as const;
    await tx.deleteFrom("leakPlaces").where("leakId", "in", ids).execute();
    await tx.deleteFrom("leaks").where("id", "in", ids).where("status", "!=", "open").execute();
    return "written" as const;
  },
};

const ofTenant = (db: Database, tenantId: string) =>
  db.selectFrom("leaks").selectAll().where("tenantId", "=", tenantId);

const toLeak = (row: Schema["leaks"]): LeakRecord => withoutNulls(row);

async function listOwners(
  db: Database,
  digestScheme: string,
  digests: string[],
): Promise<DigestOwner[]> {
  const credentials = await db
    .selectFrom("credentials")
    .select(["digest", "tenantId", "id", "clientId"])
    .where("digest", "in", digests)
    .where("digestScheme", "=", digestScheme)
    .execute();
  const keys = await db
    .selectFrom("apiKeys")
    .select(["digest", "tenantId", "id"])
    .where("digestScheme", "=", digestScheme)
    .where("digest", "in", digests)
    .execute();
  const apis = await db
    .selectFrom("apis")
    .select(["tenantId", "id", "verifierDigest", "previousVerifierDigest"])
    .where((eb) =>
      eb.or([eb("verifierDigest", "in", digests), eb("previousVerifierDigest", "in", digests)]),
    )
    .execute();
  const wanted = new Set(digests);
  return [
    ...credentials.map((found) => ({ ...found, kind: "client_secret" as const })),
    ...keys.map((found) => ({ ...found, kind: "api_key" as const, clientId: undefined })),
    ...apis.flatMap(({ tenantId, id, verifierDigest, previousVerifierDigest }) =>
      [verifierDigest, previousVerifierDigest]
        .filter((digest) => digest !== null && wanted.has(digest))
        .map((digest) => ({
          digest: digest!,
          kind: "verifier_secret" as const,
          tenantId,
          id,
          clientId: undefined,
        })),
    ),
  ];
}

function perform(tx: Tx, act: LeakAct): Promise<string> {
  if (act.kind === "credential") return credentialWrites.updateCredential(tx, act.input);
  if (act.kind === "api_key") return apiKeyWrites.updateApiKey(tx, act.input);
  return revocationWrites.revokeToken(tx, act.input);
}

async function addFinding(tx: Tx, finding: FindingRecord): Promise<void> {
  await tx
    .insertInto("findings")
    .values(finding)
    .onConflict((conflict) =>
      conflict.columns(["tenantId", "clientId", "kind"]).doUpdateSet((eb) => ({
        count: eb("findings.count", "+", finding.count),
        lastSeenAtMs: finding.lastSeenAtMs,
      })),
    )
    .execute();
}

async function clearFinding(tx: Tx, { tenantId, clientId }: LeakRecord): Promise<void> {
  if (clientId === undefined) return;
  const open = await ofTenant(tx, tenantId)
    .where("clientId", "=", clientId)
    .where("status", "=", "open")
    .executeTakeFirst();
  if (open !== undefined) return;
  await tx
    .deleteFrom("findings")
    .where("tenantId", "=", tenantId)
    .where("clientId", "=", clientId)
    .where("kind", "=", "secret_leaked")
    .execute();
}
