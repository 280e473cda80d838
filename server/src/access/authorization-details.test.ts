import assert from "node:assert/strict";
import { test } from "node:test";
import { allPermissions, type Permission } from "@countersign/protocol/permissions.ts";
import * as fc from "fast-check";
import { grantDetails, parseAuthorizationDetails } from "./authorization-details.ts";
import { accountWide, noRights, rightsOf } from "./rights.ts";
import { builtInRoles } from "./roles.ts";

const good = { type: "corpus", identifier: "c1", actions: ["corpora:read"] };
const isMalformed = {
  name: "OAuthError",
  code: "invalid_authorization_details",
  refusal: "malformed_authorization_details",
};
const isNotAllowed = {
  code: "invalid_authorization_details",
  refusal: "authorization_details_not_allowed",
};
const parse = (value: unknown) => parseAuthorizationDetails(JSON.stringify(value));

test("reads details of resources [RFC 9396 §2]", () => {
  const details = [
    good,
    { type: "agent", identifier: "__proto__", actions: ["agents:use", "agents:read"] },
    { type: "constructor", identifier: "!~", actions: ["agents:read"] },
  ];
  assert.deepEqual(parse(details), details);
  assert.equal(parse(Array.from({ length: 100 }, () => good)).length, 100);
});

const malformed: [what: string, value: unknown][] = [
  ["an object", good],
  ["no details", []],
  ["more than a hundred", Array.from({ length: 101 }, () => good)],
  ["null", null],
  ["a string", "corpus"],
  ["a detail that is null", [good, null]],
  ["a detail that is a string", ["corpus"]],
  ["a detail that is an array", [[good]]],
  ["a missing type", [{ ...good, type: undefined }]],
  ["a missing identifier", [{ ...good, identifier: undefined }]],
  ["missing actions", [{ ...good, actions: undefined }]],
  ["another member", [{ ...good, locations: ["https://api.example.com"] }]],
  ["no actions", [{ ...good, actions: [] }]],
  ["actions as text", [{ ...good, actions: "corpora:read" }]],
  ["an action twice removed", [{ ...good, actions: [["corpora:read"]] }]],
  ["an action that is null", [{ ...good, actions: [null] }]],
  ["an unknown action", [{ ...good, actions: ["corpora:read", "corpora:*"] }]],
  ["an action with the name of a prototype", [{ ...good, actions: ["__proto__"] }]],
  ["an action with the name of a method", [{ ...good, actions: ["constructor"] }]],
  ["a type in capitals", [{ ...good, type: "Corpus" }]],
  ["an empty type", [{ ...good, type: "" }]],
  ["a type that is too long", [{ ...good, type: "a".repeat(33) }]],
  ["a type with a line break", [{ ...good, type: "corpus\n" }]],
  ["a type that is no text", [{ ...good, type: ["corpus"] }]],
  ["an empty identifier", [{ ...good, identifier: "" }]],
  ["an identifier with a space", [{ ...good, identifier: "c 1" }]],
  ["an identifier with a line break", [{ ...good, identifier: "c1\n" }]],
  ["an identifier that is not ASCII", [{ ...good, identifier: "ç1" }]],
  ["an identifier that is too long", [{ ...good, identifier: "c".repeat(201) }]],
  ["an identifier that is a number", [{ ...good, identifier: 1 }]],
];
for (const [what, value] of malformed) {
  test(`refuses ${what} [RFC 9396 §5]`, () => {
    assert.throws(() => parse(value), isMalformed);
  });
}

const detailText = (members: string): string =>
  `[{"type":"corpus","identifier":"c1","actions":["corpora:read"]${members}}]`;

test("refuses text that is not JSON, and members that hide from a parser", () => {
  const texts = ["", "[", "{}", "[]]", "undefined", "[{]", "'corpus'", `\uFEFF${detailText("")}`];
  for (const text of texts) assert.throws(() => parseAuthorizationDetails(text), isMalformed, text);
  assert.equal(parseAuthorizationDetails(detailText("")).length, 1);
  for (const member of [`"__proto__":{}`, `"__proto__":null`, `"constructor":1`, `"":1`]) {
    assert.throws(() => parseAuthorizationDetails(detailText(`,${member}`)), isMalformed, member);
  }
});

test("refuses a member that occurs twice, wherever it stands", () => {
  for (const member of [`"type":"corpus"`, `"identifier":"c2"`, `"actions":["corpora:delete"]`]) {
    assert.throws(() => parseAuthorizationDetails(detailText(`,${member}`)), isMalformed, member);
  }
});

test("refuses whatever else is JSON, however deep, and never breaks", () => {
  fc.assert(
    fc.property(fc.json({ maxDepth: 4 }), (text) => {
      assert.throws(() => parseAuthorizationDetails(text), isMalformed);
    }),
  );
  const depth = 60_000;
  for (const text of ["[".repeat(depth), `${"[".repeat(depth)}${"]".repeat(depth)}`]) {
    assert.throws(() => parseAuthorizationDetails(text), isMalformed);
  }
  const near = { ...good, identifier: `${"c".repeat(60_000)} ` };
  assert.throws(() => parse([near]), isMalformed);
});

const catalogue = new Set<Permission>(allPermissions);

test("grants all that was asked or nothing", () => {
  const ids = fc.constantFrom("c1", "c2", "__proto__");
  const details = fc.array(
    fc.record(
      {
        type: fc.constantFrom("corpus", "agent"),
        identifier: ids,
        actions: fc.subarray(["corpora:read", "documents:write", "corpora:delete", "agents:use"], {
          minLength: 1,
        }),
      },
      { noNullPrototype: true },
    ),
    { minLength: 1, maxLength: 4 },
  );
  const held = rightsOf(
    [
      { role: "owner", resourceType: "corpus", resourceId: "c1" },
      { role: "viewer", resourceType: "corpus", resourceId: "__proto__" },
      { role: "agent_user", ...accountWide },
    ],
    builtInRoles,
  );
  const isHeld = (type: string, identifier: string, action: string): boolean => {
    if (action === "agents:use") return true;
    if (type !== "corpus") return false;
    return identifier === "c1" || (identifier === "__proto__" && action === "corpora:read");
  };
  fc.assert(
    fc.property(details, (asked) => {
      const isAllHeld = asked.every(({ type, identifier, actions }) =>
        actions.every((action) => isHeld(type, identifier, action)),
      );
      if (isAllHeld) assert.deepEqual(grantDetails(parse(asked), held, catalogue), asked);
      else assert.throws(() => grantDetails(parse(asked), held, catalogue), isNotAllowed);
    }),
    { numRuns: 300 },
  );
});

test("lets who holds it for the account ask for less", () => {
  const owner = rightsOf([{ role: "owner", ...accountWide }], builtInRoles);
  const asked = [{ type: "corpus", identifier: "c9", actions: [...allPermissions] }];
  assert.deepEqual(grantDetails(parse(asked), owner, catalogue), asked);
  assert.throws(() => grantDetails(parse(asked), noRights, catalogue), isNotAllowed);
});
