import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { allPermissions } from "@countersign/protocol/permissions.ts";
import {
  accountRoleNames,
  accountRoles,
  agentRoleNames,
  corpusRoleNames,
  corpusRoles,
} from "@countersign/protocol/roles.ts";
import * as fc from "fast-check";
import type { RoleBinding } from "../store/records.ts";
import { checkHolds } from "./granting.ts";
import {
  accountWide,
  detailsOfRights,
  findMissing,
  intersectRights,
  mayDo,
  mayDoSomewhere,
  rightsOf as rightsBy,
  rightsOfClaims,
  type Resource,
  type Rights,
} from "./rights.ts";
import { builtInRoles } from "./roles.ts";

const inAccount = (role: string): RoleBinding => ({ role, ...accountWide });
const on = (resourceType: string, resourceId: string, role: string): RoleBinding => ({
  role,
  resourceType,
  resourceId,
});
const corpus = (id: string): Resource => ({ type: "corpus", id });
const rightsOf = (held: RoleBinding[]): Rights => rightsBy(held, builtInRoles);
const nothing: Rights = rightsOf([]);

/** Names that are no ordinary members of an object. */
const trapNames = ["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"];
const resourceIds = fc.constantFrom("c1", "c2", "*", "__proto__", "constructor");
const resourceTypes = fc.constantFrom("corpus", "agent", "pipeline", "__proto__", "constructor");
const bindings: fc.Arbitrary<RoleBinding[]> = fc.array(
  fc.oneof(
    fc.constantFrom(...accountRoleNames, ...trapNames).map(inAccount),
    fc
      .tuple(resourceTypes, resourceIds, fc.constantFrom(...corpusRoleNames, ...agentRoleNames))
      .map(([type, id, role]) => on(type, id, role)),
  ),
  { maxLength: 5 },
);
const allRights = bindings.map(rightsOf);

/** Every question that can be asked of these rights, with its answer. */
function answers(rights: Rights): Set<string> {
  const yes = new Set<string>();
  for (const permission of allPermissions) {
    if (mayDo(rights, permission)) yes.add(permission);
    for (const type of ["corpus", "agent", "pipeline", ...trapNames]) {
      for (const id of ["c1", "c2", "*", ...trapNames]) {
        if (mayDo(rights, permission, { type, id })) yes.add(`${permission} ${type} ${id}`);
      }
    }
  }
  return yes;
}

const isWithin = (one: Rights, other: Rights): boolean => answers(one).isSubsetOf(answers(other));

describe("rights", () => {
  test("are the union of all bindings", () => {
    fc.assert(
      fc.property(bindings, bindings, (some, more) => {
        const apart = answers(rightsOf(some)).union(answers(rightsOf(more)));
        assert.deepEqual(answers(rightsOf([...more, ...some])), apart);
      }),
      { numRuns: 50 },
    );
  });

  test("for the whole account reach every resource, those on a resource only that one", () => {
    const rights = rightsOf([inAccount("billing_administrator"), on("corpus", "c1", "editor")]);
    assert.ok(mayDo(rights, "billing:read"));
    assert.ok(mayDo(rights, "billing:read", corpus("c1")));
    assert.ok(mayDo(rights, "documents:write", corpus("c1")));
    for (const resource of [undefined, corpus("c2"), corpus("*"), { type: "agent", id: "c1" }]) {
      assert.ok(!mayDo(rights, "documents:write", resource));
    }
    assert.ok(mayDoSomewhere(rights, "documents:write"));
    assert.ok(!mayDoSomewhere(rights, "corpora:delete"));
  });

  test("tell the owner of a corpus from the owner of an account", () => {
    const rights = rightsOf([on("corpus", "c1", "owner")]);
    assert.deepEqual(
      allPermissions.filter((permission) => mayDo(rights, permission, corpus("c1"))).toSorted(),
      [...corpusRoles.owner].toSorted(),
    );
    assert.equal(rights.account.size, 0);
    assert.deepEqual([...rightsOf([inAccount("owner")]).account], allPermissions);
  });

  test("are what the catalogue says, for every built-in role", () => {
    for (const role of accountRoleNames) {
      assert.deepEqual(new Set(accountRoles[role]), rightsOf([inAccount(role)]).account);
    }
  });

  test("come from no role that does not exist, whatever its name", () => {
    for (const role of [...trapNames, "", "Owner", "owner ", "*"]) {
      for (const type of ["account", "corpus", "agent", ...trapNames]) {
        assert.deepEqual(builtInRoles.permissionsOf(role, type), []);
        assert.deepEqual(answers(rightsOf([on(type, "c1", role)])), new Set());
      }
    }
    assert.deepEqual(builtInRoles.permissionsOf("editor", "account"), []);
    assert.deepEqual(builtInRoles.permissionsOf("corpus_viewer", "corpus"), []);
  });

  test("on resources with strange names are rights on these and nothing else", () => {
    for (const name of trapNames) {
      const rights = rightsOf([on(name, "c1", "viewer"), on("corpus", name, "viewer")]);
      assert.ok(mayDo(rights, "corpora:read", corpus(name)));
      assert.ok(mayDo(rights, "corpora:read", { type: name, id: "c1" }));
      assert.ok(!mayDo(rights, "corpora:read", corpus("c1")));
      assert.ok(!mayDo(nothing, "corpora:read", corpus(name)));
      assert.ok(!mayDo(rights, name, corpus(name)));
    }
  });
});

describe("nobody grants more than is held", () => {
  test("nothing is missing only when all of it is held", () => {
    fc.assert(
      fc.property(allRights, allRights, (held, wanted) => {
        const missing = findMissing(held, wanted);
        assert.equal(missing === undefined, isWithin(wanted, held));
        if (missing === undefined) return;
        assert.ok(mayDo(wanted, missing.permission, missing.resource));
        assert.ok(!mayDo(held, missing.permission, missing.resource));
      }),
      { numRuns: 100 },
    );
  });

  test("everybody may grant nothing, and an owner everything", () => {
    const owner = rightsOf([inAccount("owner")]);
    fc.assert(
      fc.property(allRights, (rights) => {
        assert.equal(findMissing(rights, nothing), undefined);
        assert.equal(findMissing(owner, rights), undefined);
        assert.equal(findMissing(rights, rights), undefined);
      }),
      { numRuns: 50 },
    );
  });

  test("the refusal names what is missing, and where", () => {
    const held = rightsOf([on("corpus", "c1", "viewer")]);
    checkHolds(held, rightsOf([on("corpus", "c1", "viewer")]));
    assert.throws(() => checkHolds(held, rightsOf([on("corpus", "c2", "viewer")])), {
      name: "AdminError",
      status: 403,
      message: /corpora:read on corpus c2/,
    });
    // A right on each resource there is would still not be one for the account.
    assert.throws(() => checkHolds(held, rightsOf([inAccount("corpus_viewer")])), {
      status: 403,
      message: /^This needs corpora:read, /,
    });
  });
});

describe("what two rights have in common", () => {
  test("is the same whichever comes first, and no more than either", () => {
    fc.assert(
      fc.property(allRights, allRights, (one, other) => {
        const both = intersectRights(one, other);
        assert.deepEqual(answers(both), answers(one).intersection(answers(other)));
        assert.deepEqual(answers(intersectRights(other, one)), answers(both));
        assert.ok(isWithin(both, one) && isWithin(both, other));
      }),
      { numRuns: 50 },
    );
  });

  test("is all of a right that is shared with oneself or an owner", () => {
    const owner = rightsOf([inAccount("owner")]);
    fc.assert(
      fc.property(allRights, (rights) => {
        assert.deepEqual(answers(intersectRights(rights, rights)), answers(rights));
        assert.deepEqual(answers(intersectRights(rights, owner)), answers(rights));
        assert.deepEqual(answers(intersectRights(nothing, rights)), new Set());
      }),
      { numRuns: 50 },
    );
  });

  test("is a right on the resource, where one has it there and the other in the account", () => {
    const both = intersectRights(
      rightsOf([inAccount("corpus_viewer")]),
      rightsOf([on("corpus", "c1", "owner")]),
    );
    assert.deepEqual(detailsOfRights(both), [
      { type: "corpus", identifier: "c1", actions: [...corpusRoles.viewer] },
    ]);
    assert.equal(both.account.size, 0);
  });
});

describe("the rights that a token states", () => {
  test("are those that were put into it", () => {
    fc.assert(
      fc.property(allRights, (rights) => {
        const scope = rights.account.size === 0 ? undefined : [...rights.account].join(" ");
        assert.deepEqual(answers(rightsOfClaims(scope, detailsOfRights(rights))), answers(rights));
      }),
      { numRuns: 50 },
    );
  });

  test("hold nothing that is no permission", () => {
    const details = [{ type: "corpus", identifier: "c1", actions: [...trapNames, "corpora:*"] }];
    const rights = rightsOfClaims(`${trapNames.join(" ")} corpora:* * `, details);
    assert.equal(rights.account.size, 0);
    assert.deepEqual(detailsOfRights(rights), []);
    assert.deepEqual(answers(rightsOfClaims(undefined, undefined)), new Set());
  });
});
