import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { readMigrations } from "../../server/src/store/migrate.ts";
import { root } from "../tidy/repository.ts";
import { code, page, table } from "./markdown.ts";

/** The tables as the migrations leave them, with what the records' comments say of them. */
export function schemaPage(): string {
  const database = new DatabaseSync(":memory:");
  try {
    const migrations = readMigrations();
    for (const { sql } of migrations) database.exec(sql);
    const words = readWords();
    return page(
      "# Schema",
      "The tables of a database, the same on SQLite and on Postgres: ids are text, times are epoch " +
        "milliseconds in a `bigint`, booleans are 0 or 1, lists and objects are JSON in a text.",
      `It is made by ${migrations.map(({ name }) => code(name)).join(", ")}; ` +
        "`schema_migrations` remembers which of them a database has.",
      ...tableNames(database).map((name) => describe(database, name, words)),
    );
  } finally {
    database.close();
  }
}

/** In the order in which they were made. */
function tableNames(database: DatabaseSync): string[] {
  return database
    .prepare("select name from sqlite_master where type = 'table' order by rowid")
    .all()
    .map(({ name }) => String(name));
}

function describe(database: DatabaseSync, name: string, words: Words): string {
  const columns = database.prepare(`select * from pragma_table_info('${name}')`).all();
  const { about, members } = words.of(camelCase(name));
  const rows = columns.map(({ name: column, type, notnull, pk }) => [
    code(String(column)),
    String(type).toLowerCase(),
    notnull === 1 || pk !== 0 ? "" : "yes",
    members.get(camelCase(String(column))) ?? "",
  ]);
  return page(
    `## ${name}`,
    about,
    table(["column", "type", "may be null", "meaning"], rows),
    [...keys(columns), ...references(database, name), ...indexes(database, name)].join("  \n"),
  );
}

type Row = Record<string, unknown>;

function keys(columns: readonly Row[]): string[] {
  const primary = columns
    .filter(({ pk }) => pk !== 0)
    .toSorted((one, other) => Number(one["pk"]) - Number(other["pk"]));
  return [`Primary key: ${primary.map(({ name }) => code(String(name))).join(", ")}.`];
}

function references(database: DatabaseSync, name: string): string[] {
  return database
    .prepare(`select * from pragma_foreign_key_list('${name}') order by "from"`)
    .all()
    .map(
      ({ from, table: target, to }) =>
        `References: ${code(String(from))} is ${code([target, to].join("."))}.`,
    );
}

/** What is unique, and what can be looked up fast; the primary key is neither. */
function indexes(database: DatabaseSync, name: string): string[] {
  return database
    .prepare(`select * from pragma_index_list('${name}') where origin <> 'pk' order by name`)
    .all()
    .map(({ name: index, unique, origin }) => {
      const columns = database
        .prepare(`select name from pragma_index_info('${String(index)}')`)
        .all()
        .map((column) => code(String(column["name"])));
      const kind = unique === 1 ? "Unique" : "Index";
      const label = origin === "c" ? ` ${code(String(index))}` : "";
      return `${kind}${label}: ${columns.join(", ")}${conditionOf(database, String(index))}.`;
    });
}

function conditionOf(database: DatabaseSync, index: string): string {
  const row = database.prepare("select sql from sqlite_master where name = ?").get(index);
  const [, condition] = /\bwhere\s+([^]*)$/i.exec(String(row?.["sql"] ?? "")) ?? [];
  return condition === undefined ? "" : ` where ${code(condition)}`;
}

const camelCase = (name: string): string =>
  name.replace(/_(.)/g, (_all, letter: string) => letter.toUpperCase());

interface Words {
  /** What the comments say of a table and of its columns. */
  of(table: string): { about: string | undefined; members: ReadonlyMap<string, string> };
}

/** The comments in `schema.ts`, which names a record for most tables, and in `records.ts`. */
function readWords(): Words {
  const schema = bodyOf(read("schema.ts"), "Schema");
  const records = read("records.ts");
  return {
    of(name) {
      const [, declared = ""] =
        new RegExp(`\\n  ${name}: ([^]*?)(?=\\n  (?:\\w|/)|$)`).exec(schema) ?? [];
      const named = [...declared.matchAll(/\b[A-Z]\w+/g)].map(([type]) => bodyOf(records, type));
      const members = new Map([...named, declared].flatMap((body) => [...commented(body)]));
      return { about: commented(schema).get(name), members };
    },
  };
}

function read(file: string): string {
  return readFileSync(join(root, "server/src/store", file), "utf8");
}

function bodyOf(text: string, type: string): string {
  return (
    new RegExp(`\\ninterface ${type} \\{([^]*?)\\n\\}`).exec(text.replaceAll("export ", ""))?.[1] ??
    ""
  );
}

/** Members with a comment above them. */
function commented(body: string): Map<string, string> {
  const found = body.matchAll(/\/\*\*([^]*?)\*\/\s*(\w+)\??:/g);
  return new Map(
    [...found].map(([, comment = "", name = ""]) => [
      name,
      comment.replaceAll(/\s*\n\s*\*?\s*/g, " ").trim(),
    ]),
  );
}
