import { isIP } from "node:net";
import { join, resolve } from "node:path";

/**
 * The settings: one table with name, parser, default and meaning. The reference page is generated
 * from it, and a value that does not parse stops the start with a message that names the setting.
 */

export interface Config {
  host: string;
  port: number;
  /** The origin that people and clients use, without a trailing slash: the issuer. */
  publicUrl: string;
  dataDir: string;
  databaseUrl: string | undefined;
  masterKeyFile: string;
  workers: number;
  sampleApi: boolean;
  bootstrapOwnerEmail: string | undefined;
  bootstrapOwnerPassword: string | undefined;
  bootstrapApiKey: string | undefined;
  trustedProxies: string[];
  /** Private networks that outgoing requests may reach, in CIDR form. */
  outboundAllow: string[];
  /** How long a provider of an outside API may take to answer. */
  providerTimeoutSeconds: number;
  /** Whether connections are renewed though nobody uses them. */
  backgroundRenewal: boolean;
  /** After how long tokens without a known end are renewed; 0: never. */
  keepAliveHours: number;
  outageGraceSeconds: number;
  signingKeyLifetimeDays: number;
  quietDaysBeforeRemoval: number;
  auditRetentionDays: number;
  storeHints: boolean;
  leakReportKeysFile: string | undefined;
  smtpUrl: string | undefined;
  /** Set when there is a mail server. */
  mailFrom: string | undefined;
  logLevel: string;
}

export class ConfigError extends Error {
  override name = "ConfigError";
}

type Environment = Readonly<Record<string, string | undefined>>;

interface Setting<Value> {
  name: string;
  meaning: string;
  /** In words, where it depends on something else. */
  defaultText: string;
  /** Throws a `ConfigError` whose message completes "NAME …". */
  parse(value: string | undefined, environment: Environment): Value;
}

const smtpUrlName = "COUNTERSIGN_SMTP_URL";

export const settings: { [Name in keyof Config]: Setting<Config[Name]> } = {
  host: {
    name: "COUNTERSIGN_HOST",
    meaning: "The address to listen on.",
    defaultText: "`127.0.0.1`",
    parse: (value = "127.0.0.1") => value,
  },
  port: {
    name: "COUNTERSIGN_PORT",
    meaning: "The port to listen on.",
    defaultText: "`8080`",
    parse: (value) => parseInteger(value, { fallback: 8080, min: 0, max: 65_535 }),
  },
  publicUrl: {
    name: "COUNTERSIGN_PUBLIC_URL",
    meaning:
      "The origin that people and clients use. It is the issuer and the audience of our own API, and is never taken from a request.",
    defaultText: "`http://127.0.0.1:` and the port",
    parse: parsePublicUrl,
  },
  dataDir: {
    name: "COUNTERSIGN_DATA_DIR",
    meaning: "Where the SQLite file and the generated master key are kept. Made when missing.",
    defaultText: "`./data`",
    parse: dataDirOf,
  },
  databaseUrl: {
    name: "COUNTERSIGN_DATABASE_URL",
    meaning:
      "A Postgres instead of SQLite: `postgres://user:password@host1,host2/name?target_session_attrs=read-write`.",
    defaultText: "none: SQLite",
    parse: parseDatabaseUrl,
  },
  masterKeyFile: {
    name: "COUNTERSIGN_MASTER_KEY_FILE",
    meaning: "Where the sealing keys are, one per line, the active one first.",
    defaultText: "`master.key` in the data directory, made when missing",
    parse: (value, environment) => value ?? join(dataDirOf(environment[dataDirName]), "master.key"),
  },
  workers: {
    name: "COUNTERSIGN_WORKERS",
    meaning: "How many processes serve. This version serves with one; start several instead.",
    defaultText: "`1`",
    parse: parseWorkers,
  },
  sampleApi: {
    name: "COUNTERSIGN_SAMPLE_API",
    meaning: "`on` or `off`: the sample corpora API under `/v2/corpora`.",
    defaultText: "`on`, but `off` under `NODE_ENV=production`",
    parse: (value, environment) => parseSwitch(value, environment["NODE_ENV"] !== "production"),
  },
  bootstrapOwnerEmail: {
    name: "COUNTERSIGN_BOOTSTRAP_OWNER_EMAIL",
    meaning: "On an empty store: the e-mail of the owner who is created.",
    defaultText: "`owner@localhost` when a bootstrap password or API key is given",
    parse: (value) => value,
  },
  bootstrapOwnerPassword: {
    name: "COUNTERSIGN_BOOTSTRAP_OWNER_PASSWORD",
    meaning:
      "On an empty store: the password with which the owner can sign in at once. 8 characters or more.",
    defaultText: "none: a setup link is printed",
    parse: parseBootstrapPassword,
  },
  bootstrapApiKey: {
    name: "COUNTERSIGN_BOOTSTRAP_API_KEY",
    meaning:
      "On an empty store: this exact value becomes the owner's personal API key. 32 characters or more.",
    defaultText: "none: a setup link is printed",
    parse: parseBootstrapKey,
  },
  trustedProxies: {
    name: "COUNTERSIGN_TRUSTED_PROXIES",
    meaning: "Addresses or networks whose `X-Forwarded-For` counts, with commas.",
    defaultText: "none",
    parse: parseNetworks,
  },
  outboundAllow: {
    name: "COUNTERSIGN_OUTBOUND_ALLOW",
    meaning:
      "Private or loopback networks that outgoing requests may reach, also without TLS: CIDRs with commas.",
    defaultText: "none: public addresses only, over https",
    parse: parseNetworks,
  },
  providerTimeoutSeconds: {
    name: "COUNTERSIGN_PROVIDER_TIMEOUT_SECONDS",
    meaning:
      "How long the provider of an outside API may take to answer a request for a token. A renewal whose process was killed is taken over after two and a half times as long.",
    defaultText: "`15`",
    parse: (value) => parseInteger(value, { fallback: 15, min: 1, max: 60 }),
  },
  backgroundRenewal: {
    name: "COUNTERSIGN_BACKGROUND_RENEWAL",
    meaning:
      "`on` or `off`: renew the tokens of connections before they end, whether or not anybody uses them. Turn it off for a copy of a database whose original goes on serving: a refresh token that the copy sends is void for the original.",
    defaultText: "`on`",
    parse: (value) => parseSwitch(value, true),
  },
  keepAliveHours: {
    name: "COUNTERSIGN_KEEP_ALIVE_HOURS",
    meaning:
      "After how many hours a connection whose tokens have no known end is renewed though nobody asks, so that its refresh token does not die of disuse. Needs `COUNTERSIGN_BACKGROUND_RENEWAL`.",
    defaultText: "`24`; `0`: never",
    parse: (value) => parseInteger(value, { fallback: 24, min: 0, max: 8_760 }),
  },
  outageGraceSeconds: {
    name: "COUNTERSIGN_OUTAGE_GRACE_SECONDS",
    meaning: "How long known clients go on getting tokens while the database does not answer.",
    defaultText: "`900`; `0`: not at all",
    parse: (value) => parseInteger(value, { fallback: 900, min: 0, max: 86_400 }),
  },
  signingKeyLifetimeDays: {
    name: "COUNTERSIGN_SIGNING_KEY_LIFETIME_DAYS",
    meaning: "How long a signing key signs before the next one takes over.",
    defaultText: "`90`",
    parse: (value) => parseInteger(value, { fallback: 90, min: 1, max: 3650 }),
  },
  quietDaysBeforeRemoval: {
    name: "COUNTERSIGN_QUIET_DAYS_BEFORE_REMOVAL",
    meaning:
      "How many days without a use, and without a gap in counting, make an old credential safe to remove.",
    defaultText: "`7`",
    parse: (value) => parseInteger(value, { fallback: 7, min: 1, max: 365 }),
  },
  auditRetentionDays: {
    name: "COUNTERSIGN_AUDIT_RETENTION_DAYS",
    meaning: "How long audit events are kept. What is left can still be verified.",
    defaultText: "`400`",
    parse: (value) => parseInteger(value, { fallback: 400, min: 1, max: 36_500 }),
  },
  storeHints: {
    name: "COUNTERSIGN_STORE_HINTS",
    meaning:
      "`on` or `off`: tell other processes of changes through Postgres notifications. Without them they notice by polling.",
    defaultText: "`on`",
    parse: (value) => parseSwitch(value, true),
  },
  leakReportKeysFile: {
    name: "COUNTERSIGN_LEAK_REPORT_KEYS_FILE",
    meaning:
      "A file with the public keys of secret scanning partners: the document at `https://api.github.com/meta/public_keys/secret_scanning`. It is read again when it changes.",
    defaultText: "none: signed reports are refused",
    parse: (value) => value,
  },
  smtpUrl: {
    name: smtpUrlName,
    meaning:
      "A mail server for invitations and password resets: `smtp://user:password@mail.example.com:587`, or `smtps://`. `smtp://` needs STARTTLS, but on loopback hosts.",
    defaultText: "none: links are shown to who invites",
    parse: parseSmtpUrl,
  },
  mailFrom: {
    name: "COUNTERSIGN_MAIL_FROM",
    meaning: "The address that mail comes from. Needed with a mail server.",
    defaultText: "none",
    parse: parseMailFrom,
  },
  logLevel: {
    name: "COUNTERSIGN_LOG_LEVEL",
    meaning: "`debug`, `info`, `warn`, `error` or `silent`.",
    defaultText: "`info`",
    parse: parseLogLevel,
  },
};

/** Every setting from the environment. Throws `ConfigError`; an empty value counts as absent. */
export function parseConfig(environment: Environment): Config {
  const config: Record<string, unknown> = {};
  for (const [key, setting] of Object.entries(settings)) {
    const value = environment[setting.name];
    try {
      config[key] = setting.parse(value === "" ? undefined : value, environment);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigError(`${setting.name} ${error.message}`);
    }
  }
  return config as unknown as Config;
}

/** Names in the environment that look like settings and are none: one that is misspelt does nothing. */
export function unknownSettings(environment: Environment): string[] {
  const known = new Set(Object.values(settings).map(({ name }) => name));
  return Object.keys(environment).filter(
    (name) => name.startsWith("COUNTERSIGN_") && !known.has(name),
  );
}

const dataDirName = "COUNTERSIGN_DATA_DIR";

function dataDirOf(value: string | undefined): string {
  return resolve(value === undefined || value === "" ? "data" : value);
}

function parseInteger(
  value: string | undefined,
  { fallback, min, max }: { fallback: number; min: number; max: number },
): number {
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^\d+$/.test(value) || number < min || number > max) {
    throw new ConfigError(`must be a whole number from ${min} to ${max}`);
  }
  return number;
}

function parseSwitch(value: string | undefined, fallback: boolean): boolean {
  if (value === undefined) return fallback;
  if (value !== "on" && value !== "off") throw new ConfigError("must be on or off");
  return value === "on";
}

const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

function parsePublicUrl(value: string | undefined, environment: Environment): string {
  if (value === undefined) {
    return new URL(`http://127.0.0.1:${environment["COUNTERSIGN_PORT"] || 8080}`).origin;
  }
  const url = URL.parse(value);
  if (url === null || url.origin !== value) {
    throw new ConfigError(
      "must be an origin such as https://auth.example.com, without a path or a trailing slash",
    );
  }
  const isLoopback = url.protocol === "http:" && loopbackHosts.has(url.hostname);
  if (url.protocol !== "https:" && !isLoopback) {
    throw new ConfigError("must begin with https://; http:// is for loopback hosts only");
  }
  return value;
}

function parseSmtpUrl(value: string | undefined): string | undefined {
  const url = value === undefined ? undefined : URL.parse(value);
  if (value === undefined) return undefined;
  const isMail = url?.protocol === "smtp:" || url?.protocol === "smtps:";
  if (isMail && url.hostname !== "") return value;
  throw new ConfigError("must begin with smtp:// or smtps:// and name a host");
}

function parseMailFrom(value: string | undefined, environment: Environment): string | undefined {
  const isNeeded = (environment[smtpUrlName] ?? "") !== "";
  if (value === undefined && isNeeded) throw new ConfigError(`is needed with ${smtpUrlName}`);
  if (value === undefined || /^[^@\s<>,;]{1,64}@[^@\s<>,;]{1,190}$/.test(value)) return value;
  throw new ConfigError("must be one e-mail address");
}

/** The driver would say only that it is no URL, and that at the first connection. */
function parseDatabaseUrl(value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const [, before, hosts, after] =
    /^(postgres(?:ql)?:\/\/(?:[^@/?]*@)?)([^/?]*)(.*)$/.exec(value) ?? [];
  if (before === undefined || hosts === undefined) {
    throw new ConfigError("must begin with postgres://");
  }
  if (hosts.split(",").every((host) => canDecode(`${before}${host}${after}`))) return value;
  throw new ConfigError(
    "must have the form postgres://user:password@host:5432/name; in the password write @ as %40, / as %2F and % as %25",
  );
}

function canDecode(url: string): boolean {
  try {
    decodeURIComponent(url);
    return URL.canParse(url);
  } catch {
    return false;
  }
}

function parseWorkers(value: string | undefined): number {
  if (value === undefined || value === "1") return 1;
  throw new ConfigError(
    "can only be 1 in this version; to use more cores, start several processes on one database",
  );
}

/** The rules for people are stricter; what an operator sets in an environment is the operator's. */
function parseBootstrapPassword(value: string | undefined): string | undefined {
  if (value === undefined || value.length >= 8) return value;
  throw new ConfigError("must have 8 characters or more");
}

function parseBootstrapKey(value: string | undefined): string | undefined {
  if (value !== undefined && value.length < 32) {
    throw new ConfigError("must have 32 characters or more");
  }
  if (value !== undefined && !/^[!-~][ -~]*[!-~]$/.test(value)) {
    throw new ConfigError("must be ASCII that begins and ends visibly: what a header can carry");
  }
  return value;
}

function parseNetworks(value: string | undefined): string[] {
  if (value === undefined) return [];
  const networks = value.split(",").map((network) => network.trim());
  for (const network of networks) {
    const [address = "", bits, ...rest] = network.split("/");
    const bitsMax = isIP(address) === 6 ? 128 : 32;
    const isPrefix = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= bitsMax);
    if (isIP(address) === 0 || !isPrefix || rest.length > 0) {
      throw new ConfigError(`must be addresses or networks with commas; ${network} is neither`);
    }
    if (Number(bits) === 0)
      throw new ConfigError(`must not cover all addresses, as ${network} does`);
  }
  return networks;
}

function parseLogLevel(value = "info"): string {
  if (["debug", "info", "warn", "error", "silent"].includes(value)) return value;
  throw new ConfigError("must be debug, info, warn, error or silent");
}
