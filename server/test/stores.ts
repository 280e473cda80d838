import { migratedDatabase } from "./migrated-database.ts";
import { testDatabase } from "./postgres.ts";

/** The settings of each store, so that a flow runs on both with one body. */
export const stores: {
  name: string;
  settings(): Promise<Record<string, string>>;
  /** Of a database that no server has seen yet. */
  emptySettings(): Promise<Record<string, string>>;
}[] = [
  {
    name: "SQLite",
    settings: () => Promise.resolve({}),
    emptySettings: () => Promise.resolve({}),
  },
  {
    name: "Postgres",
    settings: async () => ({ COUNTERSIGN_DATABASE_URL: await migratedDatabase() }),
    emptySettings: async () => ({ COUNTERSIGN_DATABASE_URL: await testDatabase() }),
  },
];
