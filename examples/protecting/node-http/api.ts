import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { AuthorizationError, createVerifier } from "@countersign/sdk";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const access = await verifier.verify(request);
  access.require("notes:read");
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ client: access.clientId, notes: ["Tokens expire."] }));
}

createServer((request, response) => {
  answer(request, response).catch((error: unknown) => {
    if (!(error instanceof AuthorizationError)) return response.writeHead(500).end();
    response.writeHead(error.status, error.headers).end(error.description);
  });
}).listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
