import type { DatabaseSync } from "node:sqlite";
import type { Document, DocumentPart } from "./document.ts";
import { sizeOf } from "./document-size.ts";

/**
 * The documents in corpora, and the counts of what is in each. A corpus is named by its number:
 * whoever has one has found it as the right tenant's.
 */

export interface ListedDocument {
  number: number;
  id: string;
  metadata: Record<string, unknown>;
}

export interface StoredPart {
  document: number;
  position: number;
  text: string;
}

export interface PartDetails {
  documentId: string;
  documentMetadata: Record<string, unknown>;
  partMetadata: Record<string, unknown>;
}

export type DocumentStore = ReturnType<typeof documentStore>;

export function documentStore(database: DatabaseSync) {
  return { ...documentReads(database), ...documentWrites(database) };
}

function documentReads(database: DatabaseSync) {
  const find = database.prepare("select * from documents where corpus = ? and id = ?");
  const partsOf = database.prepare(
    "select text, metadata from parts where document = ? order by position",
  );
  const list = database.prepare(
    `select number, id, metadata from documents where corpus = ? and number > ?
     order by number limit ?`,
  );
  const allParts = database.prepare(
    `select document, position, text from documents join parts on document = number
     where corpus = ? order by number, position`,
  );
  const details = database.prepare(
    `select id, documents.metadata as document_metadata, parts.metadata as part_metadata
     from documents join parts on document = number where document = ? and position = ?`,
  );

  return {
    find(corpus: number, id: string): Document | undefined {
      const row = find.get(corpus, id) as Row | undefined;
      if (row === undefined) return undefined;
      const parts = partsOf.all(row.number) as unknown as { text: string; metadata: string }[];
      return {
        id: row.id,
        metadata: parseObject(row.metadata),
        parts: parts.map(({ text, metadata }) => ({ text, metadata: parseObject(metadata) })),
      };
    },

    /** In the order they were added. */
    list(corpus: number, afterNumber: number, limit: number): ListedDocument[] {
      const rows = list.all(corpus, afterNumber, limit) as unknown as Row[];
      return rows.map(({ number, id, metadata }) => ({
        number,
        id,
        metadata: parseObject(metadata),
      }));
    },

    /** All that there is to search. */
    *parts(corpus: number): Generator<StoredPart> {
      for (const row of allParts.iterate(corpus)) yield row as unknown as StoredPart;
    },

    details({ document, position }: StoredPart): PartDetails {
      const row = details.get(document, position) as Record<string, string>;
      return {
        documentId: row["id"] ?? "",
        documentMetadata: parseObject(row["document_metadata"]),
        partMetadata: parseObject(row["part_metadata"]),
      };
    },
  };
}

function documentWrites(database: DatabaseSync) {
  const insert = database.prepare(
    `insert into documents (corpus, id, metadata, parts, characters, metadata_characters)
     values (?, ?, ?, ?, ?, ?) on conflict do nothing returning number`,
  );
  const insertPart = database.prepare("insert into parts values (?, ?, ?, ?)");
  const remove = database.prepare("delete from documents where corpus = ? and id = ? returning *");
  const removeAll = database.prepare("delete from documents where corpus = ?");
  const count = database.prepare(
    `update corpora set used_docs = used_docs + ?, used_parts = used_parts + ?,
       used_characters = used_characters + ?,
       used_metadata_characters = used_metadata_characters + ?
     where number = ?`,
  );
  const countNothing = database.prepare(
    `update corpora set used_docs = 0, used_parts = 0, used_characters = 0,
       used_metadata_characters = 0
     where number = ?`,
  );

  function insertParts(document: number, parts: readonly DocumentPart[]): void {
    for (const [position, { text, metadata }] of parts.entries()) {
      insertPart.run(document, position, text, JSON.stringify(metadata));
    }
  }

  return {
    /** False when the corpus has a document of this id. To be called in a transaction. */
    insert(corpus: number, document: Document): boolean {
      const { id, metadata, parts } = document;
      const size = sizeOf(document);
      const counts = [size.parts, size.characters, size.metadataCharacters] as const;
      const row = insert.get(corpus, id, JSON.stringify(metadata), ...counts);
      if (row === undefined) return false;
      insertParts(row["number"] as number, parts);
      count.run(1, ...counts, corpus);
      return true;
    },

    /** False when there is none. To be called in a transaction. */
    delete(corpus: number, id: string): boolean {
      const row = remove.get(corpus, id) as Row | undefined;
      if (row === undefined) return false;
      count.run(-1, -row.parts, -row.characters, -row.metadata_characters, corpus);
      return true;
    },

    /** To be called in a transaction. */
    deleteAll(corpus: number): void {
      removeAll.run(corpus);
      countNothing.run(corpus);
    },
  };
}

interface Row {
  number: number;
  id: string;
  metadata: string;
  parts: number;
  characters: number;
  metadata_characters: number;
}

function parseObject(text = "{}"): Record<string, unknown> {
  return JSON.parse(text) as Record<string, unknown>;
}
