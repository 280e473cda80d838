import postgres from "postgres";
import { migratedDatabase } from "../../test/migrated-database.ts";
import type { OpenedStore } from "./contract/twins.contract.ts";
import { openPostgres } from "./postgres.ts";
import { storeContract } from "./store.contract.ts";

const options = { hints: true, connectionsMax: 5 };
const numbers = { to: 20, from: [20], parse: Number, serialize: String };

storeContract("Postgres", async (): Promise<OpenedStore> => {
  const url = await migratedDatabase();
  const store = await openPostgres(url, options);
  const inspector = postgres(url, { max: 1, types: { bigint: numbers } });
  return {
    store,
    second: () => openPostgres(url, options),
    query: async (sql) => [...(await inspector.unsafe(sql))],
    async close() {
      await inspector.end();
      await store.close();
    },
  };
});
