import { createHash, X509Certificate } from "node:crypto";
import { createSecureContext, rootCertificates, type SecureContext } from "node:tls";
import { LRUCache } from "lru-cache";
import type * as undiciModule from "undici";
import type { AddressRules } from "./address.ts";
import type { Sender } from "./exchange.ts";
import { FetchRefused } from "./fetch-error.ts";
import { createGuardedLookup, type Resolve } from "./guarded-lookup.ts";
import { checkUrl } from "./outgoing-request.ts";

/**
 * The connections: one pool for each origin and CA, all bounded. Nothing else makes connections,
 * and every connection is made by the guarded lookup.
 */

type Undici = typeof undiciModule;
type Dispatcher = undiciModule.Dispatcher;

export interface PoolOptions {
  rules: AddressRules;
  resolve: Resolve;
  connectMs: number;
  headerBytesMax: number;
}

export interface Pools {
  /** Connections that are kept and shared, to an origin that may be called. Throws `FetchRefused`. */
  shared(origin: string, certificateAuthority?: string): Sender;
  /** One connection, to be closed by whoever asked for it. Throws `FetchRefused`. */
  alone(url: URL, certificateAuthority?: string): Dispatcher;
  close(): Promise<void>;
}

/** The connections to one origin. */
interface Shared extends Sender {
  pool: InstanceType<Undici["Pool"]>;
  /** Throws `FetchRefused` when too many wait already. */
  checkRoom(): void;
}

const poolsMax = 256;
/** Event streams hold a connection each, for hours. */
const connectionsPerOrigin = 256;
const waitingPerOriginMax = 1_024;
/** Servers close idle connections after five seconds or more. */
const idleConnectionMs = 4_000;
const authoritiesMax = 256;
const authorityTextMax = 64 * 1024;

export function createPools(undici: Undici, options: PoolOptions): Pools {
  const pools = new LRUCache<string, Shared>({
    max: poolsMax,
    dispose: ({ pool }) => void pool.close().catch(() => {}),
  });
  const contexts = createContexts();
  return { shared, alone, close };

  function shared(origin: string, certificateAuthority = ""): Sender {
    const key = certificateAuthority === "" ? origin : `${origin} ${digest(certificateAuthority)}`;
    let known = pools.get(key);
    if (known === undefined) {
      known = makeShared(checkUrl(origin, options.rules), certificateAuthority);
      pools.set(key, known);
    }
    known.checkRoom();
    return known;
  }

  function makeShared(url: URL, certificateAuthority: string): Shared {
    const connections = connectionsPerOrigin;
    const own = { ...clientOptions(url, certificateAuthority), connections };
    const pool = new undici.Pool(url.origin, own);
    let isFull = false;
    return {
      pool,
      dispatch(request, handler) {
        isFull = !pool.dispatch(request, handler);
        return !isFull;
      },
      checkRoom() {
        // Counting looks at every connection, so it is left alone while one was free a moment ago.
        if (isFull && pool.stats.queued >= waitingPerOriginMax) throw new FetchRefused("busy");
      },
    };
  }

  function alone(url: URL, certificateAuthority = ""): Dispatcher {
    return new undici.Client(url.origin, {
      ...clientOptions(url, certificateAuthority),
      pipelining: 0,
    });
  }

  function clientOptions(url: URL, certificateAuthority: string): undiciModule.Client.Options {
    return {
      connect: undici.buildConnector({
        lookup: createGuardedLookup(options.resolve, options.rules, url.protocol),
        timeout: options.connectMs,
        // Said, so that no environment variable can turn it off.
        rejectUnauthorized: true,
        secureContext: contexts.of(certificateAuthority),
        allowH2: false,
      }),
      maxHeaderSize: options.headerBytesMax,
      keepAliveTimeout: idleConnectionMs,
      keepAliveMaxTimeout: idleConnectionMs,
    };
  }

  async function close(): Promise<void> {
    const open = [...pools.values()];
    await Promise.all(open.map(({ pool }) => pool.destroy()));
    pools.clear();
  }
}

/** A context costs the reading of all root certificates, so each is made once. */
function createContexts(): { of(certificateAuthority: string): SecureContext } {
  const made = new LRUCache<string, SecureContext>({ max: authoritiesMax });
  return {
    of(certificateAuthority) {
      const key = digest(certificateAuthority);
      const context = made.get(key) ?? makeContext(certificateAuthority);
      made.set(key, context);
      return context;
    },
  };
}

/** TLS 1.2 is the least that is spoken [RFC 9700 §2.6]. */
function makeContext(certificateAuthority: string): SecureContext {
  const minVersion = "TLSv1.2";
  if (certificateAuthority === "") return createSecureContext({ minVersion });
  const ca = [...rootCertificates, ...checkedCertificates(certificateAuthority)];
  return createSecureContext({ minVersion, ca });
}

function checkedCertificates(text: string): string[] {
  const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g);
  if (text.length > authorityTextMax || blocks === null) {
    throw new FetchRefused("certificate_authority");
  }
  try {
    for (const block of blocks) new X509Certificate(block);
  } catch {
    throw new FetchRefused("certificate_authority");
  }
  return blocks;
}

const digest = (text: string): string =>
  text === "" ? "" : createHash("sha256").update(text).digest("base64url");
