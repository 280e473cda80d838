import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type { WebhookEvent } from "@countersign/protocol/admin/webhooks.ts";

/** Somebody who is told by webhooks, on a loopback port that the server must be allowed to reach. */

export const receiverAllowed = { COUNTERSIGN_OUTBOUND_ALLOW: "127.0.0.0/8" };

export interface Received {
  headers: IncomingHttpHeaders;
  body: string;
}

export interface Receiver {
  url: string;
  received: Received[];
  /** What it answers to an event. */
  answer: (event: WebhookEvent) => number;
  stop(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString();
      receiver.received.push({ headers: request.headers, body });
      response.writeHead(receiver.answer(JSON.parse(body) as WebhookEvent)).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const receiver: Receiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/countersign`,
    received: [],
    answer: () => 200,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
  return receiver;
}
