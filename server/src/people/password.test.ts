import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { system } from "../system.ts";
import { createPasswordHashes } from "./password-hash.ts";
import { findPasswordProblem } from "./password-rules.ts";

const person = { email: "ann.miller@example.com", name: "Ann Miller" };
const problem = (password: string) => findPasswordProblem(password, person);

describe("password rules", () => {
  test("take any characters from twelve to 512 of them (H9)", () => {
    const good = [
      "correct horse battery staple",
      "            x ",
      "密码是一个很长的句子吗是的",
      "🐘🦒🦓🦛🐆🐅🦬🐃🐂🐄🐎🐖",
      "Tr0ub4dor&3 and more",
      "9f86d081884c7d659a2f",
      `${"long ".repeat(100)}end`,
    ];
    for (const password of good) assert.equal(problem(password), undefined, password);
    for (const short of ["", "elevenchars", "🐘".repeat(6)]) assert.match(problem(short)!, /12/);
    assert.match(problem("Ab3 ".repeat(129))!, /512/);
  });

  test("refuse what is tried first, also with a year or repeated (H9)", () => {
    const bad = [
      "123456789012",
      "qwerty123456",
      "administrator",
      "PasswordPassword",
      "password2026!",
      "!!!Password1!",
      "aaaaaaaaaaaa",
      "abcabcabcabc",
      "abcdefghijkl",
      "countersign123",
      "ann.miller@example.com",
      "Ann.Miller123",
      "Ann Miller 26",
    ];
    for (const password of bad) assert.match(problem(password) ?? "", /easily guessed/, password);
  });
});

describe("password hashes", () => {
  const hashes = createPasswordHashes(system);

  test("are argon2id, salted, and right for the same characters alone", async () => {
    const plain = "Größe und Länge, ﬁnally";
    const [one, other] = await Promise.all([hashes.hash(plain, "a"), hashes.hash(plain, "a")]);
    assert.match(one, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    assert.notEqual(one, other);
    for (const form of ["NFC", "NFD", "NFKC"]) {
      assert.ok(await hashes.isRight(plain.normalize(form), one, "a"));
    }
    for (const wrong of ["", plain.toLowerCase(), `${plain} `, plain.slice(0, -1)]) {
      assert.equal(await hashes.isRight(wrong, one, "a"), false, wrong);
    }
  });

  test("compare with one that was made at another cost", async () => {
    const other =
      "$argon2id$v=19$m=256,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$" +
      (await import("node:crypto"))
        .argon2Sync("argon2id", {
          message: "known",
          nonce: Buffer.from("somesaltsomesalt"),
          parallelism: 1,
          tagLength: 32,
          memory: 256,
          passes: 1,
        })
        .toString("base64")
        .replace("=", "");
    assert.ok(await hashes.isRight("known", other, "a"));
    assert.equal(await hashes.isRight("unknown", other, "a"), false);
  });

  test("are nobody's where there is none, whatever is tried", async () => {
    for (const tried of ["", "password"]) {
      assert.equal(await hashes.isRight(tried, undefined, "a"), false);
    }
  });
});
