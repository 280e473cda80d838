import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import build from "fast-json-stringify";
import { Validator } from "@seriousme/openapi-schema-validator";
import { call, createAppClient, secretOf } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
}

interface Operation {
  summary?: string;
  security?: object[];
  responses: Record<string, { content?: Record<string, { schema: object }> }>;
}

describe("the OpenAPI document", () => {
  let server: InProcessServer;
  let document: Document;
  before(async () => {
    server = await startServer();
    document = (await call<Document>(server, "GET", "/openapi.json", { headers: {} })).body;
  });
  after(() => server.stop());

  test("is valid OpenAPI 3.1", async () => {
    const result = await new Validator().validate(document as never);
    assert.deepEqual(result.errors ?? [], []);
    assert.match(document.openapi, /^3\.1/);
    assert.deepEqual(document.servers, [{ url: server.url }]);
  });

  test("describes every operation under /v2, and what it needs", () => {
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, ...operation })),
    );
    assert.ok(operations.length >= 20);
    for (const { path, method, summary, security, responses } of operations) {
      assert.ok(summary, `${method} ${path} has no summary`);
      if (!path.startsWith("/v2")) continue;
      assert.ok(security?.length, `${method} ${path} has no security`);
      // Whoever takes API keys stops those who guess them.
      const takesKeys = security.some((scheme) => "apiKey" in scheme);
      assert.equal(takesKeys, !path.startsWith("/v2/session"), `${method} ${path}`);
      if (takesKeys) assert.ok("429" in responses, `${method} ${path}`);
    }
  });

  test("describes answers that can be written", () => {
    const answers = Object.values(document.paths)
      .flatMap((methods) => Object.values(methods))
      .flatMap(({ responses }) => Object.values(responses))
      .flatMap(({ content }) => Object.values(content ?? {}));
    assert.ok(answers.length >= 100);
    // Serializers are made for their first answer: a schema that cannot be one would be found too late.
    for (const { schema } of answers) build(schema);
  });

  test("bounds every list that may hold nothing twice (I5)", () => {
    let lists = 0;
    JSON.stringify(
      document,
      (name, member: { uniqueItems?: boolean; maxItems?: number } | null) => {
        if (member?.uniqueItems !== true) return member;
        lists += 1;
        assert.ok(member.maxItems! <= 1_000, name);
        return member;
      },
    );
    assert.ok(lists >= 10);
  });

  test("describes each member of what is answered about tokens", async () => {
    const client = await createAppClient(server, { api_roles: ["owner"] });
    const checkDescribed = async (path: string, parameters: Record<string, string>) => {
      const form = new URLSearchParams({ ...secretOf(client), ...parameters });
      const response = await fetch(server.url + path, { method: "POST", body: form });
      assert.equal(response.status, 200, path);
      const answered = (await response.json()) as Record<string, unknown>;
      const { content } = document.paths[path]!["post"]!.responses["200"]!;
      const schema = content?.["application/json"]?.schema as { properties: object } | undefined;
      const described = Object.keys(schema?.properties ?? {});
      for (const member of Object.keys(answered)) assert.ok(described.includes(member), member);
      return answered;
    };
    const { access_token: token } = await checkDescribed("/oauth2/token", {});
    for (const asked of [String(token), server.apiKey]) {
      const told = await checkDescribed("/oauth2/introspect", { token: asked });
      assert.equal(told["active"], true);
    }
    await checkDescribed("/oauth2/revoke", { token: String(token) });
  });

  test("does not describe what is not there", async () => {
    for (const [path, methods] of Object.entries(document.paths)) {
      for (const [method, { responses }] of Object.entries(methods)) {
        const url = path.replaceAll(/\{\w+\}/g, "x");
        const response = await fetch(server.url + url, {
          method,
          headers: { "x-api-key": server.apiKey },
        });
        const { status } = response;
        assert.doesNotMatch(await response.text(), /nothing at this address/, `${method} ${url}`);
        assert.ok(status < 500, `${method} ${url}: ${status}`);
        assert.ok(String(status) in responses, `${method} ${url} does not describe ${status}`);
      }
    }
  });
});
