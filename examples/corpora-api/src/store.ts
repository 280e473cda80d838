import { corpusStore, type CorpusStore } from "./corpus-store.ts";
import { atomically, loadPageKeySecret, openDatabase } from "./database.ts";
import { documentStore, type DocumentStore } from "./document-store.ts";

/** All that the sample keeps. */
export interface Store {
  corpora: CorpusStore;
  documents: DocumentStore;
  pageKeySecret: Buffer;
  /** Everything that `work` writes, or nothing of it when it throws. */
  atomically<Result>(work: () => Result): Result;
  close(): void;
}

export function openStore(databaseFile: string): Store {
  const database = openDatabase(databaseFile);
  return {
    corpora: corpusStore(database),
    documents: documentStore(database),
    pageKeySecret: loadPageKeySecret(database),
    atomically: (work) => atomically(database, work),
    close: () => database.close(),
  };
}
