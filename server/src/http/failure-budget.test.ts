import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { createFailureBudget, type FailureBudget } from "./failure-budget.ts";

let elapsedMs: number;
let budget: FailureBudget;

beforeEach(() => {
  elapsedMs = 1_000_000;
  budget = createFailureBudget(() => elapsedMs);
});

/** How many of so many failures were answered as such, before the first that was not. */
function answered(count: number, spend: (index: number) => number | undefined): number {
  for (let index = 0; index < count; index += 1) if (spend(index) !== undefined) return index;
  return count;
}

test("answers a hundred failures of a client from one place, and not the next", () => {
  assert.equal(
    answered(200, () => budget.spend("client", "192.0.2.1")),
    100,
  );
  assert.equal(budget.spend("client", "192.0.2.1"), 60);
  // Nobody else is locked out by it.
  assert.equal(budget.spend("client", "192.0.2.2"), undefined);
  assert.equal(budget.spend("another", "192.0.2.1"), undefined);
});

test("starts anew after a minute, and waiting as told is enough", () => {
  const spend = () => budget.spend("client", "192.0.2.1");
  answered(101, spend);
  elapsedMs += 59_999;
  assert.notEqual(spend(), undefined);
  elapsedMs += 1;
  assert.equal(answered(200, spend), 100);
  elapsedMs += spend()! * 1_000;
  assert.equal(spend(), undefined);
});

test("limits one client that is tried from everywhere", () => {
  assert.equal(
    answered(2_000, (index) => budget.spend("client", `10.0.${index >> 8}.${index & 255}`)),
    1_000,
  );
  assert.equal(budget.spend("another", "192.0.2.1"), undefined);
});

test("limits one place that tries every client", () => {
  assert.equal(
    answered(2_000, (index) => budget.spend(`client_${index}`, "192.0.2.1")),
    1_000,
  );
  assert.equal(budget.spend("client_1", "192.0.2.2"), undefined);
});

test("takes all addresses of an IPv6 customer for one place", () => {
  const spend = (index: number) => budget.spend("client", `2001:db8:1:2::${index.toString(16)}`);
  assert.equal(answered(200, spend), 100);
  assert.equal(budget.spend("client", "2001:db8:1:3::1"), undefined);
});

test("keeps to a bounded memory, and forgets no place that goes on trying", () => {
  for (let index = 0; index < 60_000; index += 1) {
    budget.spend(`${"x".repeat(150)}${index}`, "192.0.2.1");
  }
  assert.notEqual(budget.spend("fresh", "192.0.2.1"), undefined);
  assert.equal(budget.spend("fresh", "192.0.2.2"), undefined);
});

test("does not take one client for another because of a space, nor a long id for a new one", () => {
  answered(101, () => budget.spend("a", "192.0.2.1"));
  assert.equal(budget.spend("192.0.2.1 a", "192.0.2.9"), undefined);
  assert.equal(budget.spend(" a", "192.0.2.1"), undefined);
  // Whoever varies what comes after 200 characters varies nothing.
  const long = (index: number) => budget.spend("y".repeat(200) + index, "192.0.2.7");
  assert.equal(answered(200, long), 100);
});
