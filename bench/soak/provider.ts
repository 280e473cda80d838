import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { createLedger, type Ledger } from "./ledger.ts";

/** A provider that rotates refresh tokens, as strictly as any, behind a network that fails. */

export interface Faults {
  /** Nothing gets through. */
  isCut: boolean;
  /** The chance that a request never arrives, and that an answer does not. */
  requestLost: number;
  answerLost: number;
  failing: number;
}

export interface SoakProvider {
  url: string;
  ledger: Ledger;
  /** Looked at anew for every step. */
  faults: { now: Faults };
  counts: { rotations: number; requestsLost: number; answersLost: number; refused: number };
  stop(): void;
}

/** Providers take their time, so that there is always something on its way. */
const answerMsMax = 100;

export const noFaults: Faults = { isCut: false, requestLost: 0, answerLost: 0, failing: 0 };

export async function startSoakProvider(lifetimeSeconds: number): Promise<SoakProvider> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.on("end", () => {
      const { authorization = "" } = request.headers;
      const parameters = new URLSearchParams(Buffer.concat(chunks).toString());
      if (request.url !== "/token") return answerApi(provider, authorization, response);
      const presented = parameters.get("refresh_token") ?? "";
      void answerToken(provider, presented, { response, lifetimeSeconds });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const provider: SoakProvider = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger: createLedger(),
    faults: { now: noFaults },
    counts: { rotations: 0, requestsLost: 0, answersLost: 0, refused: 0 },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return provider;
}

async function answerToken(
  { ledger, faults, counts }: SoakProvider,
  presented: string,
  { response, lifetimeSeconds }: { response: ServerResponse; lifetimeSeconds: number },
): Promise<void> {
  if (faults.now.isCut || Math.random() < faults.now.requestLost) {
    counts.requestsLost += 1;
    return void response.destroy();
  }
  if (Math.random() < faults.now.failing) {
    return send(response, 503, { error: "temporarily_unavailable" });
  }
  const grant = ledger.rotate(presented);
  if (grant === undefined) {
    counts.refused += 1;
    return send(response, 400, { error: "invalid_grant" });
  }
  counts.rotations += 1;
  const { rotation, accessToken: access_token, refreshToken: refresh_token } = grant;
  // Whoever is killed while it comes has not got it.
  response.on("close", () => {
    rotation.isAnswerLost ||= !response.writableFinished;
    if (rotation.isAnswerLost) counts.answersLost += 1;
  });
  await sleep(Math.random() * answerMsMax);
  // What is on its way when the network is cut is lost with it.
  if (faults.now.isCut || Math.random() < faults.now.answerLost) return void response.destroy();
  const about = { token_type: "Bearer", expires_in: lifetimeSeconds };
  send(response, 200, { access_token, refresh_token, ...about });
}

/** Whose token it is: to send somebody else's would be the worst of all. */
function answerApi(
  { ledger }: SoakProvider,
  authorization: string,
  response: ServerResponse,
): void {
  const grant = ledger.whose(authorization.replace("Bearer ", ""));
  if (grant === undefined) return send(response, 401, { error: "expired" });
  send(response, 200, { owner: grant.owner });
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json", connection: "close" });
  response.end(JSON.stringify(body));
}
