import { CompiledQuery } from "kysely";
import { storeDeadlineMs } from "../failure.ts";
import { StoreUnavailable } from "../store.ts";
import { PostgresConnection } from "./connection.ts";

/**
 * At most so many connections at a time, to whichever of the URL's hosts takes writes. What waits too
 * long for one is refused, so that nothing is done for somebody who was told that it failed.
 */
export interface Connections {
  acquire(): Promise<PostgresConnection>;
  release(connection: PostgresConnection): void;
  readonly isEnded: boolean;
  /** One more, outside the count; it ends with the others. */
  open(onNotification?: () => void): Promise<PostgresConnection>;
  end(): Promise<void>;
}

export function createConnections(url: string, connectionsMax: number): Connections {
  const hosts = hostUrls(url);
  const all = new Set<PostgresConnection>();
  const turns = createTurns(connectionsMax);
  const shelf = createShelf(open);
  /** The host that took writes last is asked first. */
  let preferred = hosts[0];
  let isEnded = false;

  async function open(onNotification?: () => void): Promise<PostgresConnection> {
    let failure: unknown;
    for (const host of hosts.toSorted((one) => (one === preferred ? -1 : 0))) {
      const connection = connect(host, onNotification);
      try {
        // Also connects: the driver does not before its first statement.
        const takesWrites = await askWhetherItTakesWrites(connection);
        if (hosts.length > 1 && !takesWrites) {
          await connection.end();
          throw new StoreUnavailable("no host takes writes");
        }
        preferred = host;
        return connection;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  function connect(host: string, onNotification?: () => void): PostgresConnection {
    if (isEnded) throw new StoreUnavailable("the store is closed");
    const connection = new PostgresConnection(host, onNotification);
    all.add(connection);
    void connection.closed.then(() => all.delete(connection));
    return connection;
  }

  return {
    async acquire() {
      await turns.take();
      try {
        return await shelf.take();
      } catch (error) {
        turns.give();
        throw error;
      }
    },

    release(connection) {
      if (!connection.isLost) shelf.put(connection);
      turns.give();
    },

    open,

    get isEnded() {
      return isEnded;
    },

    async end() {
      isEnded = true;
      await Promise.all([...all].map((connection) => connection.end()));
    },
  };
}

/** A URL may name several hosts, which `URL` does not know: `postgres://user@one,two:5433/name`. */
export function hostUrls(url: string): string[] {
  const [, before = "", hosts = "", after = ""] =
    /^([a-z]+:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/.exec(url) ?? [];
  // Which host to take is decided here; the driver lets a standby pass as read-write.
  const rest = after.replace(/([?&])target_session_attrs=[^&]*&?/, "$1").replace(/[?&]$/, "");
  return hosts.split(",").map((host) => before + host + rest);
}

async function askWhetherItTakesWrites(connection: PostgresConnection): Promise<boolean> {
  const question = CompiledQuery.raw("select current_setting('transaction_read_only') as answer");
  const { rows } = await connection.executeQuery<{ answer: string }>(question);
  return rows[0]?.answer === "off";
}

/**
 * What is idle, and who waits for a connection. Postgres starts a process for each, which takes long
 * when it is busy: whoever has asked for one is given what another caller puts back meanwhile.
 */
function createShelf(open: () => Promise<PostgresConnection>) {
  const idle: PostgresConnection[] = [];
  const waiting = new Set<PromiseWithResolvers<PostgresConnection>>();
  let opening = 0;

  function takeWaiting(): PromiseWithResolvers<PostgresConnection> | undefined {
    const [first] = waiting;
    if (first !== undefined) waiting.delete(first);
    return first;
  }

  function put(connection: PostgresConnection): void {
    const first = takeWaiting();
    if (first === undefined) idle.push(connection);
    else first.resolve(connection);
  }

  async function openOne(): Promise<void> {
    opening += 1;
    try {
      put(await open());
    } catch (error) {
      takeWaiting()?.reject(error);
    } finally {
      opening -= 1;
    }
  }

  return {
    put,

    async take(): Promise<PostgresConnection> {
      for (let one = idle.pop(); one !== undefined; one = idle.pop()) {
        if (!one.isLost) return one;
      }
      const place = Promise.withResolvers<PostgresConnection>();
      waiting.add(place);
      // What is being opened for somebody who has been served already serves the next one.
      if (opening < waiting.size) void openOne();
      return place.promise;
    },
  };
}

/** So many at a time, first come first served. */
function createTurns(count: number): { take(): Promise<void>; give(): void } {
  const waiting = new Set<() => void>();
  let free = count;
  return {
    async take() {
      if (free > 0) {
        free -= 1;
        return;
      }
      await new Promise<void>((resolve, reject) => {
        const giveUp = setTimeout(() => {
          waiting.delete(go);
          reject(new StoreUnavailable("every connection to Postgres is busy"));
        }, storeDeadlineMs);
        const go = (): void => {
          clearTimeout(giveUp);
          resolve();
        };
        waiting.add(go);
      });
    },

    give() {
      const [next] = waiting;
      if (next === undefined) {
        free += 1;
        return;
      }
      waiting.delete(next);
      next();
    },
  };
}
