import assert from "node:assert/strict";
import type { Api, CreateApi } from "@countersign/protocol/admin/apis.ts";
import { call } from "./calls.ts";
import type { TestServer } from "./server.ts";

/** APIs that tests register. */

type Server = Pick<TestServer, "url" | "apiKey">;

export const invoices: CreateApi = {
  name: "Invoices",
  audience: "https://invoices.example.com",
  permissions: [
    { name: "invoices:read", description: "See invoices" },
    { name: "invoices:send", description: "Send invoices" },
  ],
};

let count = 0;

/** One like `invoices`, of an audience of its own. */
export async function registerApi(server: Server, own: Partial<CreateApi> = {}): Promise<Api> {
  count += 1;
  const body = { ...invoices, audience: `https://api-${count}.example.com`, ...own };
  const answer = await call<Api>(server, "POST", "/v2/apis", { body });
  assert.equal(answer.status, 201, JSON.stringify(answer.body));
  return answer.body;
}
