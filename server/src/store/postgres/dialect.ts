import {
  CompiledQuery,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type DatabaseConnection,
  type Dialect,
  type Driver,
} from "kysely";
import type { PostgresConnection } from "./connection.ts";
import type { Connections } from "./connections.ts";

/** Lets the query builder run on our connections. */
export function postgresDialect(connections: Connections): Dialect {
  return {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => createDriver(connections),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
}

function createDriver(connections: Connections): Driver {
  return {
    init: async () => undefined,
    acquireConnection: () => connections.acquire(),
    beginTransaction: (connection) => run(connection, "begin"),
    commitTransaction: (connection) => run(connection, "commit"),
    async rollbackTransaction(connection) {
      // The server rolls back what a lost connection began.
      if ((connection as PostgresConnection).isLost) return;
      await run(connection, "rollback");
    },
    async releaseConnection(connection) {
      connections.release(connection as PostgresConnection);
    },
    destroy: () => connections.end(),
  };
}

async function run(connection: DatabaseConnection, sql: string): Promise<void> {
  await connection.executeQuery(CompiledQuery.raw(sql));
}
