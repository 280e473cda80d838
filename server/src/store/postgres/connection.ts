import type { CompiledQuery, DatabaseConnection, QueryResult } from "kysely";
import postgres from "postgres";
import { storeDeadlineMs, withDeadline } from "../failure.ts";
import { StoreUnavailable } from "../store.ts";

/**
 * One connection to Postgres, never used again after the first sign of trouble. The driver's own pool
 * is not used: in postgres.js 3.4.9 a connection that closes under a transaction ends the process, or
 * goes on with the rest of the transaction inside another one (porsager/postgres, issues 1208, 1216).
 */
export class PostgresConnection implements DatabaseConnection {
  readonly #sql: ReturnType<typeof postgres>;
  readonly #closed = Promise.withResolvers<void>();
  #isLost = false;

  constructor(url: string, onNotification: () => void = () => undefined) {
    // `onnotify` is missing in the driver's types.
    const events = { onclose: () => this.#lose(), onnotify: onNotification };
    this.#sql = postgres(url, { ...settings, ...events });
  }

  get isLost(): boolean {
    return this.#isLost;
  }

  /** Resolves when the connection is lost or has ended. */
  get closed(): Promise<void> {
    return this.#closed.promise;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const rows = await this.#run(sql, parameters, silenceMsMax);
    const result = { rows: [...rows] as Row[] };
    return changes.has(rows.command) ? { ...result, numAffectedRows: BigInt(rows.count) } : result;
  }

  /** Runs one or more statements without parameters, however long they take. */
  async executeScript(sql: string): Promise<Record<string, unknown>[]> {
    return [...(await this.#run(sql, [], Infinity))];
  }

  streamQuery(): never {
    throw new Error("nothing here is streamed");
  }

  /** Lets a statement under way finish. */
  async end(): Promise<void> {
    await this.#sql.end({ timeout: storeDeadlineMs / 1000 });
    this.#lose();
  }

  async #run(sql: string, parameters: readonly unknown[], deadlineMs: number) {
    // A statement on a lost connection must not reach the driver: see above.
    if (this.#isLost) throw new StoreUnavailable("the connection to Postgres is lost");
    try {
      const values = parameters.map(storable) as never[];
      const work = this.#sql.unsafe(sql, values, { prepare: values.length > 0 });
      return await (deadlineMs === Infinity ? work : withDeadline(work, deadlineMs));
    } catch (error) {
      if (!isAnswer(error)) await this.#discard();
      throw error;
    }
  }

  /** Nothing is waited for but the driver's own bookkeeping. */
  async #discard(): Promise<void> {
    this.#lose();
    await this.#sql.end({ timeout: 0 });
  }

  #lose(): void {
    this.#isLost = true;
    this.#closed.resolve();
  }
}

/** The server ends a statement after the store's deadline: one that is silent for longer is gone. */
const silenceMsMax = storeDeadlineMs + 1_000;

const settings = {
  max: 1,
  // Short, so that with two hosts the second one is asked within the store's deadline.
  connect_timeout: 2,
  idle_timeout: 0,
  // By default connections end at a random age, also between two statements of a transaction.
  max_lifetime: null,
  fetch_types: false,
  onnotice: () => undefined,
  connection: { application_name: "countersign", statement_timeout: storeDeadlineMs },
  // Counters and times are far below 2^53.
  types: { bigint: { to: 20, from: [20], parse: Number, serialize: String } },
} satisfies postgres.Options<Record<string, postgres.PostgresType>>;

const changes = new Set(["INSERT", "UPDATE", "DELETE"]);

/** Postgres takes no NUL in a text; it becomes what half of a surrogate pair becomes on the wire. */
const storable = (value: unknown): unknown =>
  typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;

/**
 * Whether the server refused a statement and goes on. After `read_only_sql_transaction` it is no
 * longer the server to write to, though it answers.
 */
function isAnswer(error: unknown): boolean {
  if (!(error instanceof postgres.PostgresError)) return false;
  return error.severity === "ERROR" && error.code !== "25006";
}
