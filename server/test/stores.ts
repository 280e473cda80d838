import { testDatabase } from "./postgres.ts";

/** The settings of each store, so that a flow runs on both with one body. */
export const stores: { name: string; settings(): Promise<Record<string, string>> }[] = [
  { name: "SQLite", settings: () => Promise.resolve({}) },
  {
    name: "Postgres",
    settings: async () => ({ COUNTERSIGN_DATABASE_URL: await testDatabase() }),
  },
];
