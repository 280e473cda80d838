import type { DatabaseSync, SQLInputValue } from "node:sqlite";
import { defaultFeatures, type Features } from "./corpus.ts";
import { notFound } from "./request-error.ts";

/**
 * The corpora of all tenants. Every question names the tenant, so there is no way to ask for
 * somebody else's.
 */

export interface CorpusRecord {
  /** The digits of `crp_…`. */
  number: number;
  tenant: string;
  key: string;
  name: string;
  description: string;
  isEnabled: boolean;
  features: Features;
  usage: Usage;
  createdAtMs: number;
}

export interface Usage {
  docs: number;
  parts: number;
  characters: number;
  metadataCharacters: number;
}

export type NewCorpus = Pick<CorpusRecord, "key" | "name" | "description" | "createdAtMs"> & {
  features: Partial<Features>;
};

export interface CorpusChanges {
  name?: string | undefined;
  description?: string | undefined;
  isEnabled?: boolean | undefined;
  features: Partial<Features>;
}

/** Which corpora a list is about, in the order they were created. */
export interface CorpusSelection {
  afterNumber: number;
  keys?: ReadonlySet<string> | undefined;
  numbers?: readonly number[] | undefined;
}

export type CorpusStore = ReturnType<typeof corpusStore>;

export function corpusStore(database: DatabaseSync) {
  const insert = database.prepare(
    `insert into corpora (tenant, key, name, description, features, created_at_ms)
     values (?, ?, ?, ?, ?, ?) on conflict do nothing returning *`,
  );
  const find = database.prepare("select * from corpora where tenant = ? and key = ?");
  const update = database.prepare(
    `update corpora set name = coalesce(?, name), description = coalesce(?, description),
       enabled = coalesce(?, enabled), features = json_patch(features, ?)
     where tenant = ? and key = ? returning *`,
  );
  const remove = database.prepare("delete from corpora where tenant = ? and key = ?");

  return {
    /** `undefined` when the tenant has a corpus of this key. */
    insert(tenant: string, corpus: NewCorpus): CorpusRecord | undefined {
      const { key, name, description, createdAtMs } = corpus;
      const features = JSON.stringify({ ...defaultFeatures, ...corpus.features });
      return parseRow(insert.get(tenant, key, name, description, features, createdAtMs));
    },

    /** Throws 404. */
    load(tenant: string, key: string): CorpusRecord {
      return parseRow(find.get(tenant, key)) ?? missing(key);
    },

    /** What is absent stays as it is. Throws 404. */
    update(tenant: string, key: string, changes: CorpusChanges): CorpusRecord {
      const { name = null, description = null, isEnabled } = changes;
      const enabled = isEnabled === undefined ? null : Number(isEnabled);
      const features = JSON.stringify(changes.features);
      const row = update.get(name, description, enabled, features, tenant, key);
      return parseRow(row) ?? missing(key);
    },

    /** With all documents in it. Throws 404. */
    delete(tenant: string, key: string): void {
      if (remove.run(tenant, key).changes === 0) missing(key);
    },

    *select(tenant: string, selection: CorpusSelection): Generator<CorpusRecord> {
      const { sql, values } = selectionQuery(tenant, selection);
      for (const row of database.prepare(sql).iterate(...values)) {
        yield parseKnownRow(row as unknown as Row);
      }
    },
  };
}

function missing(key: string): never {
  throw notFound("corpus", key);
}

/** The plus keeps SQLite from walking through all corpora where few are named. */
function selectionQuery(tenant: string, { afterNumber, keys, numbers }: CorpusSelection) {
  const number = keys === undefined && numbers === undefined ? "number" : "+number";
  const conditions = ["tenant = ?", `${number} > ?`];
  const values: SQLInputValue[] = [tenant, afterNumber];
  if (keys !== undefined) {
    conditions.push("key in (select value from json_each(?))");
    values.push(JSON.stringify([...keys]));
  }
  if (numbers !== undefined) {
    conditions.push("number in (select value from json_each(?))");
    values.push(JSON.stringify(numbers));
  }
  const sql = `select * from corpora where ${conditions.join(" and ")} order by ${number}`;
  return { sql, values };
}

interface Row {
  number: number;
  tenant: string;
  key: string;
  name: string;
  description: string;
  enabled: number;
  features: string;
  used_docs: number;
  used_parts: number;
  used_characters: number;
  used_metadata_characters: number;
  created_at_ms: number;
}

function parseRow(row: object | undefined): CorpusRecord | undefined {
  return row === undefined ? undefined : parseKnownRow(row as Row);
}

function parseKnownRow(row: Row): CorpusRecord {
  return {
    number: row.number,
    tenant: row.tenant,
    key: row.key,
    name: row.name,
    description: row.description,
    isEnabled: row.enabled === 1,
    features: JSON.parse(row.features) as Features,
    usage: {
      docs: row.used_docs,
      parts: row.used_parts,
      characters: row.used_characters,
      metadataCharacters: row.used_metadata_characters,
    },
    createdAtMs: row.created_at_ms,
  };
}
