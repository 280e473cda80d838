import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, describe, test } from "node:test";
import { testDatabase } from "../../test/postgres.ts";
import { sampleTenant } from "./contract/records.contract.ts";
import { temporaryFile } from "./contract/temporary-file.contract.ts";
import { MigrationFailed, MigrationRefused, readMigrations, type Migration } from "./migrate.ts";
import { openPostgres } from "./postgres.ts";
import { openSqlite } from "./sqlite/sqlite.ts";
import type { Store } from "./store.ts";

interface Kind {
  name: string;
  /** An address of an empty database. */
  create(): Promise<string>;
  open(address: string, migrations?: Migration[]): Promise<Store>;
  /** The expression that opens it in another process. */
  program: string;
}

const first = readMigrations();
const second: Migration = {
  version: 9001,
  name: "9001-second.sql",
  sql: "create table extra (id integer primary key); insert into extra (id) values (1);",
};

const removals: (() => void)[] = [];
after(() => removals.forEach((remove) => remove()));

const kinds: Kind[] = [
  {
    name: "SQLite",
    async create() {
      const { path, remove } = temporaryFile();
      removals.push(remove);
      return path;
    },
    open: openSqlite,
    program: `(await import("${import.meta.resolve("./sqlite/sqlite.ts")}")).openSqlite(address)`,
  },
  {
    name: "Postgres",
    create: testDatabase,
    open: (url, migrations = first) =>
      openPostgres(url, { hints: false, connectionsMax: 2, migrations }),
    program:
      `(await import("${import.meta.resolve("./postgres.ts")}"))` +
      `.openPostgres(address, { hints: false, connectionsMax: 2 })`,
  },
];

for (const { name, create, open, program } of kinds) {
  const withTenant = async (address: string, migrations?: Migration[]) => {
    const store = await open(address, migrations);
    const made = sampleTenant();
    await store.insertTenant(made);
    await store.close();
    return made.tenant;
  };

  const tenants = async (address: string, migrations?: Migration[]) => {
    const store = await open(address, migrations);
    const listed = await store.listTenants();
    await store.close();
    return listed;
  };

  describe(`migrations on ${name}`, () => {
    test("makes the schema, and leaves it as it is the next time", async () => {
      const address = await create();
      const tenant = await withTenant(address);
      assert.deepEqual(await tenants(address), [tenant]);
    });

    test("brings a database to the newer schema with its data", async () => {
      const address = await create();
      const tenant = await withTenant(address);
      assert.deepEqual(await tenants(address, [...first, second]), [tenant]);
      assert.deepEqual(await tenants(address, [...first, second]), [tenant]);
    });

    test("lets several processes start on an empty database at once", async () => {
      const address = await create();
      const exits = Array.from({ length: 3 }, async () => {
        const code = `(async (address) => {
          const store = await ${program};
          await store.listTenants();
          await store.close();
        })(${JSON.stringify(address)})`;
        const child = spawn(process.execPath, ["-e", code], {
          stdio: ["ignore", "ignore", "inherit"],
        });
        const [exit] = (await once(child, "exit")) as [number];
        return exit;
      });
      assert.deepEqual(await Promise.all(exits), [0, 0, 0]);
      assert.deepEqual(await tenants(address), []);
    });

    test("lets one process open it twice at once", async () => {
      const address = await create();
      const opened = await Promise.all([open(address), open(address)]);
      await Promise.all(opened.map((store) => store.close()));
      assert.deepEqual(await tenants(address), []);
    });

    test("undoes a migration that fails, and says which one it was", async () => {
      const address = await create();
      const tenant = await withTenant(address);
      const broken = {
        ...second,
        sql: `update tenants set name = 'Broken'; ${second.sql} insert into missing values (1);`,
      };
      await assert.rejects(open(address, [...first, broken]), (error) => {
        assert.ok(error instanceof MigrationFailed);
        assert.match(error.message, /9001-second\.sql failed and was undone.*missing/s);
        return true;
      });
      assert.deepEqual(await tenants(address), [tenant]);
      assert.deepEqual(await tenants(address, [...first, second]), [tenant]);
    });

    test("refuses a database from a newer version, and leaves it alone", async () => {
      const address = await create();
      const tenant = await withTenant(address, [...first, second]);
      await assert.rejects(open(address, first), (error) => {
        assert.ok(error instanceof MigrationRefused);
        assert.match(error.message, /newer version of Countersign \(it has 9001-second\.sql\)/);
        return true;
      });
      assert.deepEqual(await tenants(address, [...first, second]), [tenant]);
    });

    test("refuses a migration whose text changed, but not other line ends", async () => {
      const address = await create();
      const tenant = await withTenant(address);
      const [original, ...rest] = first;
      const more = `${original!.sql}\ncreate table more (id integer);`;
      const changed = [{ ...original!, sql: more }, ...rest];
      await assert.rejects(open(address, changed), (error) => {
        assert.ok(error instanceof MigrationRefused);
        assert.match(error.message, /another text of 0001-first\.sql/);
        return true;
      });
      const windows = [{ ...original!, sql: original!.sql.replaceAll("\n", "\r\n") }, ...rest];
      assert.deepEqual(await tenants(address, windows), [tenant]);
    });
  });
}
