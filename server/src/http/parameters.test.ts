import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import type { OAuthRefusal } from "../errors/oauth-error.ts";
import type { HttpRequest } from "./message.ts";
import { decodeFormText, parseForm, parseFormOrJson } from "./parameters.ts";

const form = "application/x-www-form-urlencoded";
const json = "application/json";

const request = (body: string, own: { type?: string; query?: string } = {}): HttpRequest => ({
  method: "POST",
  query: own.query ?? "",
  headers: { "content-type": own.type ?? form },
  rawHeaders: [],
  body,
  sourceAddress: "192.0.2.1",
  requestId: "req_1",
});
const fromForm = (body: string) => Object.fromEntries(parseForm(request(body)));
const fromJson = (body: string) =>
  Object.fromEntries(parseFormOrJson(request(body, { type: json })));
const isRefused = (refusal: OAuthRefusal) => ({ name: "OAuthError", refusal });

/** Text that a form can carry: all of Unicode but NUL. */
const texts = fc
  .oneof(
    fc.string({ unit: "binary" }),
    fc.string({ unit: fc.constantFrom("%", "+", "&", "=", "é") }),
  )
  .filter((text) => text.isWellFormed() && !text.includes("\0"));
const names = texts.filter((text) => text !== "");
const parameterSets = fc
  .uniqueArray(fc.tuple(names, texts), { selector: ([name]) => name, maxLength: 20 })
  .map((pairs) => new Map(pairs));
const present = (parameters: Map<string, string>) =>
  new Map([...parameters].filter(([, value]) => value !== ""));

describe("form parameters", () => {
  test("are read as they were written, by two encoders", () => {
    fc.assert(
      fc.property(parameterSets, (parameters) => {
        const strict = [...parameters].map((pair) => pair.map(encodeURIComponent).join("="));
        const loose = new URLSearchParams([...parameters]).toString();
        for (const body of [strict.join("&"), loose]) {
          assert.deepEqual(parseForm(request(body)), present(parameters));
        }
      }),
    );
  });

  test("are refused when one occurs twice, with whatever values and spelling", () => {
    fc.assert(
      fc.property(names, texts, texts, parameterSets, (name, one, other, rest) => {
        fc.pre(name !== "resource");
        const pairs = [[name, one], ...[...rest].filter(([own]) => own !== name), [name, other]];
        const body = new URLSearchParams(pairs).toString();
        assert.throws(() => parseForm(request(body)), isRefused("duplicate_parameter"));
      }),
    );
    for (const body of ["a=1&a=1", "a&a", "a=&a=1", "a=1&%61=2", "a=1&&a", "=1&=2"]) {
      assert.throws(() => fromForm(body), isRefused("duplicate_parameter"), body);
    }
    assert.throws(() => fromForm("resource=a&resource=b"), isRefused("several_resources"));
  });

  test("without a value count as absent [RFC 6749 §3.1]", () => {
    assert.deepEqual(fromForm("a=&b&c=1&&"), { c: "1" });
    assert.deepEqual(fromForm(""), {});
    assert.deepEqual(fromForm("a=b=c&__proto__=x"), { a: "b=c", ["__proto__"]: "x" });
  });

  test("are refused when they cannot be decoded, in name and value", () => {
    const broken = ["%", "%6", "%zz", "%ff", "%c3", "%c3%28", "%ed%a0%80", "%c0%80", "%00", "\0"];
    for (const text of broken) {
      for (const body of [`a=${text}`, `${text}=a`, `a=1&${text}`]) {
        assert.throws(() => fromForm(body), isRefused("malformed_body"), body);
      }
    }
  });

  test("are a hundred at most, and nothing hides behind them", () => {
    const many = (count: number) => Array.from({ length: count }, (_, at) => `p${at}=1`).join("&");
    assert.equal(Object.keys(fromForm(many(100))).length, 100);
    for (const body of [many(101), many(102), `${many(100)}&p0=2`, "&".repeat(100), many(5_000)]) {
      assert.throws(() => fromForm(body), isRefused("too_many_parameters"));
    }
  });

  test("come in a form and nothing else", () => {
    const accepted = [
      form,
      form.toUpperCase(),
      `${form}; charset=UTF-8`,
      `${form};charset="utf-8"`,
    ];
    for (const type of accepted) assert.equal(parseForm(request("a=1", { type })).get("a"), "1");
    const types = [
      "",
      json,
      "text/plain",
      `${form}x`,
      `${form}; charset=latin1`,
      `${form}, ${json}`,
    ];
    for (const type of [...types, `x${form}`, "multipart/form-data; boundary=a"]) {
      assert.throws(() => parseForm(request("a=1", { type })), isRefused("wrong_content_type"));
    }
  });

  test("that matter stay out of the address, where they would be logged", () => {
    for (const query of ["client_secret=x", "grant_type", "a=1&%63ode=x", "scope="]) {
      const late = () => parseForm(request("a=1", { query }));
      assert.throws(late, isRefused("parameter_in_query"), query);
    }
    assert.equal(parseForm(request("a=1", { query: "tracking=1&client=2" })).get("a"), "1");
    const broken = () => parseForm(request("a=1", { query: "%zz=1" }));
    assert.throws(broken, isRefused("malformed_body"));
  });
});

describe("JSON parameters", () => {
  test("are read as they were written, and mean client credentials", () => {
    fc.assert(
      fc.property(parameterSets, (parameters) => {
        const body = JSON.stringify(Object.fromEntries(parameters));
        const read = parseFormOrJson(request(body, { type: json }));
        const { grant_type = "client_credentials", ...rest } = Object.fromEntries(read);
        assert.equal(grant_type, parameters.get("grant_type") || "client_credentials");
        const { grant_type: _own, ...expected } = Object.fromEntries(present(parameters));
        assert.deepEqual(rest, expected);
      }),
    );
  });

  test("are refused when a member occurs twice, outside or nested", () => {
    const twice = [
      `{"scope":"a","scope":"b"}`,
      String.raw`{"scope":"a","\u0073cope":"b"}`,
      `{"scope":null,"scope":"b"}`,
      `{"scope":"","scope":""}`,
      `{"authorization_details":[{"type":"a","type":"b"}]}`,
      `{"authorization_details":[{"x":{"y":1,"y":1}}],"scope":"a"}`,
      `{"__proto__":"a","__proto__":"b"}`,
    ];
    for (const body of twice) {
      assert.throws(() => fromJson(body), isRefused("duplicate_parameter"), body);
    }
    const colons = { a: "::", "b:": '":"', authorization_details: [{ a: { b: ":" } }, { a: 1 }] };
    assert.equal(fromJson(JSON.stringify(colons))["b:"], '":"');
  });

  test("hold text, one or several resources, and details as they would stand in a form", () => {
    assert.deepEqual(fromJson(`{"grant_type":"x","scope":null,"a":"","resource":["r"]}`), {
      grant_type: "x",
      resource: "r",
    });
    const details = [{ type: "corpus", identifier: "c1", actions: ["corpora:read"] }];
    const read = fromJson(JSON.stringify({ authorization_details: details }));
    assert.deepEqual(JSON.parse(read["authorization_details"]!), details);
    assert.throws(() => fromJson(`{"resource":["a","b"]}`), isRefused("several_resources"));
  });

  test("are ignored when nobody here knows them, whatever they are", () => {
    const unknown = { a: 1, b: true, c: ["1"], d: { scope: "e" }, Scope: ["f"] };
    assert.deepEqual(fromJson(JSON.stringify({ ...unknown, scope: "s" })), {
      grant_type: "client_credentials",
      scope: "s",
    });
  });

  test("are refused when they are anything else", () => {
    const bodies = ["", "null", "1", `"a"`, "[]", `[{"a":"1"}]`, "{", `{"scope":1}`];
    bodies.push(
      `{"scope":["1"]}`,
      `{"client_id":{}}`,
      `{"resource":[1]}`,
      `{"a":"1"}{}`,
      `\uFEFF{"a":"1"}`,
    );
    bodies.push(String.raw`{"a":"\u0000"}`, String.raw`{"resource":["a\u0000"]}`, `{a:"1"}`);
    for (const body of bodies) {
      assert.throws(() => fromJson(body), isRefused("malformed_body"), body);
    }
  });

  test("are a hundred at most, and may be nested as deep as the body is long", () => {
    const many = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [`p${at}`, "1"])));
    assert.equal(Object.keys(fromJson(many(100))).length, 101);
    assert.throws(() => fromJson(many(101)), isRefused("too_many_parameters"));
    const deep = `${"[".repeat(32_000)}${"]".repeat(32_000)}`;
    const read = fromJson(`{"authorization_details":${deep}}`);
    assert.equal(read["authorization_details"], deep);
    assert.throws(() => fromJson(`{"scope":${deep}}`), isRefused("malformed_body"));
    assert.deepEqual(Object.keys(fromJson(`{"a":${deep}}`)), ["grant_type"]);
  });
});

test("a text is decoded to what was encoded, whoever encoded it", () => {
  fc.assert(
    fc.property(texts, (text) => {
      assert.equal(decodeFormText(encodeURIComponent(text)), text);
      assert.equal(decodeFormText(encodeURIComponent(text).replaceAll("%20", "+")), text);
    }),
  );
});
