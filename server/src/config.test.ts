import assert from "node:assert/strict";
import type { IncomingMessage } from "node:http";
import { isAbsolute, resolve } from "node:path";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { ConfigError, parseConfig, settings, unknownSettings, type Config } from "./config.ts";
import { createSourceAddress } from "./http/source-address.ts";

type Environment = Record<string, string>;

const parse = (environment: Environment): Config => parseConfig(environment);
const isRefused = (name: string) => (error: unknown) =>
  error instanceof ConfigError && error.message.startsWith(`${name} `);

interface Cases {
  fallback: unknown;
  valid: [text: string, value: unknown][];
  invalid: string[];
}

const switches: Cases = {
  fallback: true,
  valid: [
    ["on", true],
    ["off", false],
  ],
  invalid: ["true", "1", "ON", " on", "no"],
};
const notInteger = [
  "-1",
  "1.5",
  "1e3",
  "0x10",
  " 1",
  "1 ",
  "ten",
  "Infinity",
  "+1",
  "9".repeat(400),
];

const cases: { [Name in keyof Config]: Cases } = {
  host: {
    fallback: "127.0.0.1",
    valid: [
      ["0.0.0.0", "0.0.0.0"],
      ["::", "::"],
    ],
    invalid: [],
  },
  port: {
    fallback: 8080,
    valid: [
      ["0", 0],
      ["80", 80],
      ["65535", 65_535],
    ],
    invalid: [...notInteger, "65536"],
  },
  publicUrl: {
    fallback: "http://127.0.0.1:8080",
    valid: [
      "https://auth.example.com",
      "https://auth.example.com:8443",
      "http://localhost:8080",
      "http://127.0.0.1",
      "http://[::1]:8080",
    ].map((url) => [url, url]),
    invalid: [
      "auth.example.com",
      "https://auth.example.com/",
      "https://auth.example.com/auth",
      "https://auth.example.com?a=1",
      "https://auth.example.com#a",
      "https://user@auth.example.com",
      "https://Auth.example.com",
      "https://auth.example.com:443",
      "https://äuth.example.com",
      " https://auth.example.com",
      "http://auth.example.com",
      "http://127.0.0.1.example.com",
      "http://10.0.0.1:8080",
      "http://0.0.0.0:8080",
      "ftp://auth.example.com",
      "javascript:alert(1)",
      "blob:https://auth.example.com",
      "null",
    ],
  },
  dataDir: { fallback: resolve("data"), valid: [["/var/lib/cs", "/var/lib/cs"]], invalid: [] },
  databaseUrl: {
    fallback: undefined,
    valid: [
      "postgres://u:p@h/d",
      "postgres://u:p%40%25@h:5432,h2:5433/d",
      "postgresql://h1,h2/d?target_session_attrs=read-write",
      "postgres://[::1]:5432/d",
    ].map((url) => [url, url]),
    invalid: [
      "mysql://h/d",
      "h/d",
      "sqlite:x",
      "POSTGRES",
      " postgres://h/d",
      "postgres://u:p/q@h/d",
      "postgres://u:p#q@h/d",
      "postgres://u:p%q@h/d",
      "postgres://h:5432,h2:port/d",
      "postgres://h:99999/d",
    ],
  },
  masterKeyFile: {
    fallback: resolve("data", "master.key"),
    valid: [["/run/secrets/key", "/run/secrets/key"]],
    invalid: [],
  },
  workers: { fallback: 1, valid: [["1", 1]], invalid: ["0", "2", "01", "auto", "-1"] },
  sampleApi: switches,
  bootstrapOwnerEmail: {
    fallback: undefined,
    valid: [["a@b.example", "a@b.example"]],
    invalid: [],
  },
  bootstrapOwnerPassword: {
    fallback: undefined,
    valid: [["eight888", "eight888"]],
    invalid: ["seven77"],
  },
  bootstrapApiKey: {
    fallback: undefined,
    valid: [
      ["k".repeat(32), "k".repeat(32)],
      ["!~".repeat(40), "!~".repeat(40)],
      [`${"k".repeat(32)} k`, `${"k".repeat(32)} k`],
    ],
    invalid: ["k".repeat(31), "k", ` ${"k".repeat(32)}`, `${"k".repeat(32)}\n`, "é".repeat(32)],
  },
  trustedProxies: {
    fallback: [],
    valid: [
      ["10.0.0.1", ["10.0.0.1"]],
      ["10.0.0.0/8, fd00::/8 ,::1", ["10.0.0.0/8", "fd00::/8", "::1"]],
      ["192.0.2.1/32,::/1", ["192.0.2.1/32", "::/1"]],
    ],
    invalid: [
      "10.0.0.0/33",
      "::/129",
      "10.0.0.0/0",
      "0.0.0.0/0",
      "::/0",
      "10.0.0",
      "localhost",
      "10.0.0.1,",
      "10.0.0.1 10.0.0.2",
      "10.0.0.0/8/8",
      "10.0.0.0/",
      "10.0.0.0/-1",
      "10.0.0.0/255.0.0.0",
      "loopback",
    ],
  },
  outboundAllow: {
    fallback: [],
    valid: [
      ["127.0.0.0/8", ["127.0.0.0/8"]],
      ["10.1.0.0/16, fd00::/8 ,::1/128", ["10.1.0.0/16", "fd00::/8", "::1/128"]],
      ["192.168.7.9", ["192.168.7.9"]],
    ],
    invalid: ["0.0.0.0/0", "::/0", "localhost", "*", "10.0.0.0/33", "10.0.0.0/8,"],
  },
  providerTimeoutSeconds: {
    fallback: 15,
    valid: [
      ["1", 1],
      ["60", 60],
    ],
    invalid: ["0", "61", "1.5", "soon"],
  },
  outageGraceSeconds: {
    fallback: 900,
    valid: [
      ["0", 0],
      ["86400", 86_400],
    ],
    invalid: [...notInteger, "86401"],
  },
  signingKeyLifetimeDays: {
    fallback: 90,
    valid: [
      ["1", 1],
      ["3650", 3650],
    ],
    invalid: [...notInteger, "0", "3651"],
  },
  quietDaysBeforeRemoval: {
    fallback: 7,
    valid: [
      ["1", 1],
      ["365", 365],
    ],
    invalid: [...notInteger, "0", "366"],
  },
  auditRetentionDays: {
    fallback: 400,
    valid: [
      ["1", 1],
      ["36500", 36_500],
    ],
    invalid: [...notInteger, "0", "36501"],
  },
  storeHints: switches,
  backgroundRenewal: switches,
  keepAliveHours: {
    fallback: 24,
    valid: [
      ["0", 0],
      ["8760", 8_760],
    ],
    invalid: [...notInteger, "-1", "8761"],
  },
  leakReportKeysFile: {
    fallback: undefined,
    valid: [["/etc/countersign/github.json", "/etc/countersign/github.json"]],
    invalid: [],
  },
  smtpUrl: {
    fallback: undefined,
    valid: [],
    invalid: ["mail.example.com", "https://mail.example.com", "smtp://", "smtp:mail"],
  },
  mailFrom: {
    fallback: undefined,
    valid: [["countersign@example.com", "countersign@example.com"]],
    invalid: ["nobody", "a@b.example, c@d.example", "Me <a@b.example>"],
  },
  logLevel: {
    fallback: "info",
    valid: ["debug", "info", "warn", "error", "silent"].map((level) => [level, level]),
    invalid: ["INFO", "trace", "verbose", "0"],
  },
};

for (const [key, { fallback, valid, invalid }] of Object.entries(cases)) {
  const { name } = settings[key as keyof Config];
  describe(name, () => {
    const parsed = (environment: Environment) => parse(environment)[key as keyof Config];

    test("has a default, also when it is empty", () => {
      assert.deepEqual(parsed({}), fallback);
      assert.deepEqual(parsed({ [name]: "" }), fallback);
    });

    test("takes what is valid", () => {
      for (const [text, value] of valid) assert.deepEqual(parsed({ [name]: text }), value);
    });

    test("refuses what is not, by its name", () => {
      for (const text of invalid) {
        assert.throws(() => parsed({ [name]: text }), isRefused(name), JSON.stringify(text));
      }
    });
  });
}

test("names every setting once, and says what it is for", () => {
  const names = Object.values(settings).map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(Object.keys(cases).toSorted(), Object.keys(settings).toSorted());
  for (const { name, meaning, defaultText } of Object.values(settings)) {
    assert.match(name, /^COUNTERSIGN_[A-Z_]+$/);
    assert.ok(meaning.length > 10 && defaultText.length > 0);
  }
});

test("makes an origin of the port that clients can compare with", () => {
  const publicUrl = (port: string) => parse({ COUNTERSIGN_PORT: port }).publicUrl;
  assert.equal(publicUrl("3000"), "http://127.0.0.1:3000");
  assert.equal(publicUrl("80"), "http://127.0.0.1");
  assert.equal(publicUrl("03000"), "http://127.0.0.1:3000");
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 65_535 }), (port) => {
      assert.equal(new URL(publicUrl(String(port))).origin, publicUrl(String(port)));
    }),
  );
});

test("blames the port, not the URL that would be made of it", () => {
  assert.throws(() => parse({ COUNTERSIGN_PORT: "x" }), isRefused("COUNTERSIGN_PORT"));
});

test("looks for the master key where the data is, unless told otherwise", () => {
  const { dataDir, masterKeyFile } = parse({ COUNTERSIGN_DATA_DIR: "elsewhere" });
  assert.ok(isAbsolute(dataDir));
  assert.equal(masterKeyFile, resolve("elsewhere", "master.key"));
});

test("serves the sample in development only, unless told otherwise", () => {
  const sampleApi = (environment: Environment) => parse(environment).sampleApi;
  assert.equal(sampleApi({ NODE_ENV: "production" }), false);
  assert.equal(sampleApi({ NODE_ENV: "production", COUNTERSIGN_SAMPLE_API: "on" }), true);
  assert.equal(sampleApi({ NODE_ENV: "development" }), true);
});

test("takes a loopback URL and a bootstrap key in production too", () => {
  const key = "k".repeat(32);
  const config = parse({
    NODE_ENV: "production",
    COUNTERSIGN_PUBLIC_URL: "http://127.0.0.1:8080",
    COUNTERSIGN_BOOTSTRAP_API_KEY: key,
  });
  assert.deepEqual([config.publicUrl, config.bootstrapApiKey], ["http://127.0.0.1:8080", key]);
});

test("takes no network that could not be followed afterwards", () => {
  const texts = fc.oneof(
    fc.tuple(fc.oneof(fc.ipV4(), fc.ipV6()), fc.nat(140)).map((parts) => parts.join("/")),
    fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()),
  );
  fc.assert(
    fc.property(fc.array(texts, { maxLength: 3 }), (networks) => {
      let trusted: string[];
      try {
        trusted = parse({ COUNTERSIGN_TRUSTED_PROXIES: networks.join(",") }).trustedProxies;
      } catch (error) {
        assert.ok(isRefused("COUNTERSIGN_TRUSTED_PROXIES")(error));
        return;
      }
      const request = { socket: { remoteAddress: "192.0.2.1" }, headers: {} } as IncomingMessage;
      assert.equal(createSourceAddress(trusted)(request), "192.0.2.1");
    }),
  );
});

test("does not repeat a secret in a refusal", () => {
  const secret = "s3cr3t with an é that is longer than 32";
  assert.throws(
    () => parse({ COUNTERSIGN_BOOTSTRAP_API_KEY: secret }),
    (error: Error) => !error.message.includes("s3cr3t"),
  );
  for (const url of ["mysql://user:s3cr3t@host/name", "postgres://user:s3cr3t#%@host/name"]) {
    assert.throws(
      () => parse({ COUNTERSIGN_DATABASE_URL: url }),
      (error: Error) => !error.message.includes("s3cr3t"),
    );
  }
});

test("finds names that are no settings, and leaves those of others alone", () => {
  const given = { COUNTERSIGN_PORT: "1", COUNTERSIGN_PROT: "2", PATH: "/bin", PORT: "3" };
  assert.deepEqual(unknownSettings(given), ["COUNTERSIGN_PROT"]);
});

test("a mail server is named together with whom mail comes from", () => {
  const url = "smtp://mailer:secret@mail.example.com:587";
  assert.throws(() => parse({ COUNTERSIGN_SMTP_URL: url }), /COUNTERSIGN_MAIL_FROM is needed/);
  const both = { COUNTERSIGN_SMTP_URL: url, COUNTERSIGN_MAIL_FROM: "a@example.com" };
  assert.equal(parse(both).smtpUrl, url);
});
