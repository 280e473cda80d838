import { DatabaseSync } from "node:sqlite";
import type { OpenedStore } from "../contract/twins.contract.ts";
import { storeContract } from "../store.contract.ts";
import { openSqlite } from "./sqlite.ts";
import { temporaryFile } from "../contract/temporary-file.contract.ts";

storeContract("SQLite", async (): Promise<OpenedStore> => {
  const file = temporaryFile();
  const store = await openSqlite(file.path);
  const inspector = new DatabaseSync(file.path, { timeout: 5_000 });
  return {
    store,
    second: () => openSqlite(file.path),
    query: async (sql) => inspector.prepare(sql).all(),
    async close() {
      inspector.close();
      await store.close();
      file.remove();
    },
  };
});
