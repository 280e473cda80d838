import assert from "node:assert/strict";
import { test } from "node:test";
import { Type } from "typebox";
import { validatorCompiler } from "./validation.ts";

test("a list that is too long is not searched for what it holds twice (I5)", () => {
  const schema = Type.Array(Type.String(), { maxItems: 2, uniqueItems: true });
  const validate = validatorCompiler({ schema, method: "POST", url: "/", httpPart: "body" });
  const keywordsOf = (list: string[]) => {
    const { error } = validate(list) as { error: unknown };
    return (error as { keyword: string }[]).map(({ keyword }) => keyword);
  };
  assert.deepEqual(keywordsOf(["a", "a", "a"]), ["maxItems"]);
  assert.deepEqual(keywordsOf(["a", "a"]), ["uniqueItems"]);
});
