/**
 * Each rule of tidy fires where it should and keeps quiet where it should not, and the real tree
 * was seen.
 */
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { citationForm, citationKnown, citationPresent } from "./tidy/citations.ts";
import { direction } from "./tidy/direction.ts";
import { dependencyReasons, leftoverFiles } from "./tidy/leftovers.ts";
import { readTree } from "./tidy/repository.ts";
import { sight } from "./tidy/sight.ts";
import { sizes } from "./tidy/sizes.ts";
import { type Rule, parseTree } from "./tidy/tree.ts";
import { folderNames, noForbiddenCalls, noReminders } from "./tidy/words.ts";

type Files = Readonly<Record<string, string>>;

const manifests: Files = {
  "protocol/package.json": `{"name": "@countersign/protocol", "exports": {"./*.ts": "./src/*.ts"}}`,
  "sdk/package.json": `{
    "name": "@countersign/sdk",
    "exports": {".": "./src/index.ts"},
    "imports": {"#signature": {"node": "./src/node.ts", "default": "./src/web.ts"}}
  }`,
  "examples/corpora-api/package.json": `{
    "name": "@countersign/corpora-api",
    "exports": {".": "./src/corpora-api.ts"}
  }`,
};

/** What a rule finds in a tree, as `path:line`. */
function find(rule: Rule, files: Files): string[] {
  const tree = parseTree(Object.entries(files).map(([path, text]) => ({ path, text })));
  return rule(tree).map(({ file, line }) => `${file}:${line}`);
}

function findIn(rule: Rule, path: string, text: string): number {
  return find(rule, { ...manifests, [path]: text }).length;
}

const server = (path: string) => `server/src/${path}`;
const lines = (count: number) => "const x = 1;\n".repeat(count);

describe("the direction of imports", () => {
  const allowed: [from: string, specifier: string][] = [
    [server("main.ts"), "./app.ts"],
    [server("app.ts"), "./store/sqlite/sqlite.ts"],
    [server("http/sample-api.ts"), "@countersign/corpora-api"],
    [server("http/sample-api.ts"), "@countersign/sdk"],
    [server("main.ts"), "./store/migrate.ts"],
    [server("store/store.ts"), "./records.ts"],
    [server("clients/app-client.ts"), "../store/records.ts"],
    [server("http/oauth/token.ts"), "../../grants/grant.ts"],
    [server("http/router.ts"), "fastify"],
    [server("tokens/access-token.ts"), "../keys/signing.ts"],
    [server("tokens/access-token.ts"), "@countersign/protocol/oauth.ts"],
    [server("keys/signing.ts"), "../store/store.ts"],
    [server("keys/signing.ts"), "../store/feed.ts"],
    [server("store/postgres.ts"), "postgres"],
    [server("fetch/fetch.ts"), "undici"],
    [server("clients/app-client.test.ts"), "../app.ts"],
    ["sdk/src/index.ts", "@countersign/protocol/oauth.ts"],
    ["sdk/src/index.ts", "#signature"],
    ["sdk/src/index.ts", "node:crypto"],
    ["sdk/src/shared-work/workerd.ts", "cloudflare:workers"],
    ["protocol/src/admin/setup.ts", "typebox"],
    ["tools/reference.ts", "../server/src/app.ts"],
  ];
  const refused: [from: string, specifier: string][] = [
    [server("app.ts"), "./main.ts"],
    [server("grants/grant.ts"), "../http/router.ts"],
    [server("clients/app-client.ts"), "../tokens/access-token.ts"],
    [server("audit/audit.ts"), "../keys/signing.ts"],
    [server("keys/signing.ts"), "../access/scope.ts"],
    [server("clients/app-client.ts"), "../store/sql/clients.ts"],
    [server("clients/app-client.ts"), "kysely"],
    [server("clients/app-client.ts"), "fastify"],
    [server("datasources/refresh.ts"), "undici"],
    [server("tokens/access-token.ts"), "@countersign/sdk"],
    [server("app.ts"), "@countersign/corpora-api"],
    [server("app.ts"), "@countersign/sdk"],
    [server("app.ts"), "./store/migrate.ts"],
    [server("store/records.ts"), "./store.ts"],
    [server("http/router.ts"), "../../../tools/tidy.ts"],
    [server("store/store.ts"), "@countersign/protocol/oauth.ts"],
    [server("store/store.ts"), "node:crypto"],
    [server("unheard-of/file.ts"), "node:crypto"],
    ["protocol/src/oauth.ts", "typebox"],
    ["protocol/src/oauth.ts", "node:crypto"],
    ["sdk/src/index.ts", "fastify"],
    ["sdk/src/index.ts", "@countersign/protocol/admin/setup.ts"],
    ["examples/corpora-api/src/main.ts", "../../../server/src/app.ts"],
  ];
  for (const [from, specifier] of allowed) {
    test(`lets ${from} import ${specifier}`, () => {
      assert.equal(findIn(direction, from, `import { x } from "${specifier}";`), 0);
    });
  }
  for (const [from, specifier] of refused) {
    test(`keeps ${from} from importing ${specifier}`, () => {
      assert.equal(findIn(direction, from, `import { x } from "${specifier}";`), 1);
    });
  }

  test("sees every form of import, on its line, and none in comments and strings", () => {
    const text = [
      `import type {`,
      `  Handler,`,
      `} from "../http/router.ts";`,
      `export { x } from "../http/router.ts";`,
      `const late = await import("../http/router.ts");`,
      `const worker = new URL("../http/writer.ts", import.meta.url);`,
      `import "../http/router.ts";`,
      `// import { x } from "../http/router.ts";`,
      "const text = `",
      `import { x } from "../http/router.ts";`,
      "`;",
    ].join("\n");
    assert.deepEqual(
      find(direction, { "server/src/grants/grant.ts": text }).toSorted(),
      [1, 4, 5, 6, 7].map((line) => `server/src/grants/grant.ts:${line}`),
    );
  });

  test("lets the SDK take types from the admin schemas", () => {
    const text = `import type { Setup } from "@countersign/protocol/admin/setup.ts";`;
    assert.equal(findIn(direction, "sdk/src/index.ts", text), 0);
  });
});

test("limits the size of files, endpoints and tests", () => {
  assert.equal(findIn(sizes, "server/src/app.ts", lines(400)), 0);
  assert.equal(findIn(sizes, "server/src/app.ts", lines(401)), 1);
  assert.equal(findIn(sizes, "server/src/http/oauth/token.ts", lines(121)), 1);
  assert.equal(findIn(sizes, "server/src/http/admin/users.ts", lines(160)), 0);
  assert.equal(findIn(sizes, "server/src/http/admin/users.ts", lines(161)), 1);
  const commented = `/*\n${"why\n".repeat(50)}*/\n\n${lines(120)}`;
  assert.equal(findIn(sizes, "server/src/http/oauth/token.ts", commented), 0);
  assert.equal(findIn(sizes, "server/src/app.test.ts", lines(600)), 0);
  assert.equal(findIn(sizes, "server/src/app.test.ts", lines(601)), 1);
});

test("refuses folders whose name says nothing", () => {
  for (const name of ["utils", "helpers", "common", "services", "managers"]) {
    assert.equal(findIn(folderNames, `server/src/${name}/text.ts`, ""), 1);
  }
  assert.equal(findIn(folderNames, "protocol/src/admin/common.ts", ""), 0);
});

test("refuses reminders in comments, and only there", () => {
  assert.equal(findIn(noReminders, "sdk/src/x.ts", "const x = 1; // TODO later"), 1);
  assert.equal(findIn(noReminders, "sdk/src/x.ts", "/**\n * FIXME\n */"), 1);
  assert.equal(findIn(noReminders, "sdk/src/x.ts", `const x = "// TODO";`), 0);
});

describe("calls that have one place", () => {
  const cases: [text: string, forbidden: string, allowed: string][] = [
    ["const now = Date.now();", "server/src/tokens/x.ts", "server/src/system.ts"],
    ["const now = new Date();", "protocol/src/x.ts", "sdk/src/x.ts"],
    ["const now = `${new Date()}`;", "server/src/tokens/x.ts", "server/src/tokens/x.test.ts"],
    ["const now = performance.now();", "server/src/tokens/x.ts", "bench/x.ts"],
    ["const id = randomUUID();", "server/src/tokens/x.ts", "server/src/system.ts"],
    [`import { randomBytes } from "node:crypto";`, "server/src/keys/x.ts", "sdk/src/x.ts"],
    ["const id = crypto.randomUUID();", "server/src/tokens/x.ts", "examples/x/src/x.ts"],
    ["const x = Math.random();", "server/src/tokens/x.ts", "examples/api/src/x.ts"],
    [`const x = process.env["X"];`, "server/src/app.ts", "server/src/config.ts"],
    ["const x = process.env;", "sdk/src/x.ts", "tools/x.ts"],
    ["console.log(1);", "server/src/app.ts", "server/src/main.ts"],
    [`test.only("x", () => {});`, "sdk/src/x.test.ts", "sdk/src/x.ts"],
    [`test.skip("x", () => {});`, "server/test/flows/x.test.ts", "sdk/src/x.ts"],
    [`test.todo("x");`, "sdk/src/x.test.ts", "sdk/src/x.ts"],
  ];
  for (const [text, forbidden, allowed] of cases) {
    test(`finds ${text} in ${forbidden}, not in ${allowed}`, () => {
      assert.equal(findIn(noForbiddenCalls, forbidden, text), 1);
      assert.equal(findIn(noForbiddenCalls, allowed, text), 0);
    });
  }

  test("does not mind a date that is given, nor words in strings, comments and expressions", () => {
    const text = [
      "const then = new Date(ms);",
      `const fixed = new Date("2026-11-21");`,
      `const text = "Date.now()"; // Date.now()`,
      "const pattern = /Date.now()['\"`]/;",
      "const half = ms / 2; // Date.now() / 2",
      "const iv = system.randomBytes(12);",
      "const now = options.system.now() + options.system.randomBytes(1)[0];",
    ].join("\n");
    assert.equal(findIn(noForbiddenCalls, "server/src/tokens/x.ts", text), 0);
  });
});

test("holds citations to one form", () => {
  const good = [
    "[RFC 6749 §5.2]",
    "RFC 8414",
    "RFC 7636 §B",
    "[OIDC Core §3.1.2.1, RFC 7009 §2.1].",
  ];
  const bad = [
    "RFC6749",
    "RFC-6749 §5.2",
    "rfc 6749 §5.2",
    "RFC 6749 section 5.2",
    "RFC 6749, §5.2",
  ];
  bad.push("RFC 6749 § 5.2", "RFC 6749 Sec. 5", "OIDC Core section 3.1");
  for (const text of good)
    assert.equal(findIn(citationForm, "sdk/src/x.ts", `// ${text}`), 0, text);
  for (const text of bad) assert.equal(findIn(citationForm, "sdk/src/x.ts", `// ${text}`), 1, text);
});

test("knows the standards that are cited", () => {
  assert.equal(findIn(citationKnown, "sdk/src/x.ts", "// [RFC 6749 §5.2] and RFC 8414"), 0);
  assert.equal(findIn(citationKnown, "sdk/src/x.ts", "// [RFC 6479 §5.2]"), 1);
});

test("wants a citation where the protocol is decided", () => {
  const path = "server/src/grants/refresh-token.ts";
  assert.equal(findIn(citationPresent, path, "/** As RFC 6749 says. */"), 1);
  assert.equal(findIn(citationPresent, path, "/** [RFC 6749 §6] */"), 0);
  assert.equal(findIn(citationPresent, path, "/** OIDC Core §12 */"), 0);
  assert.equal(findIn(citationPresent, "server/src/people/user.ts", ""), 0);
  assert.equal(findIn(citationPresent, "server/src/grants/grant.test.ts", ""), 0);
});

test("finds a file that nobody imports, or only tests", () => {
  const files = {
    ...manifests,
    "sdk/src/index.ts": `import "#signature";`,
    "sdk/src/node.ts": "",
    "sdk/src/web.ts": "",
    "server/src/main.ts": `import { x } from "./used.ts";`,
    "server/src/used.ts": "",
    "server/src/unused.ts": "",
    "server/src/tested.ts": "",
    "server/src/x.test.ts": `import "./tested.ts";\nimport "../test/setup.ts";`,
    "server/test/setup.ts": "",
    "protocol/src/alone.ts": "",
  };
  assert.deepEqual(find(leftoverFiles, files).toSorted(), [
    "protocol/src/alone.ts:1",
    "server/src/tested.ts:1",
    "server/src/unused.ts:1",
  ]);
});

test("wants a decision record for a dependency", () => {
  const manifest = `{"dependencies": {"postgres": "1.0.0", "@countersign/protocol": "0.1.0"}}`;
  const files = { "server/package.json": manifest, "docs/decisions/0001-x.md": "We use Postgres." };
  assert.equal(find(dependencyReasons, files).length, 1);
  const reason = { "docs/decisions/0002-y.md": "The driver is `postgres`." };
  assert.equal(find(dependencyReasons, { ...files, ...reason }).length, 0);
});

test("sees the repository, and says so when it does not", () => {
  const tree = readTree();
  assert.deepEqual(sight(tree), []);
  assert.equal(sight(parseTree([])).length, 1);
  const own = tree.sources.find(({ path }) => path === "tools/tidy.test.ts");
  assert.ok(own?.imports.some(({ target }) => target === "tools/tidy/sight.ts"));
});
