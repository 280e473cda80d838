import { once } from "node:events";
import { cores, startChild } from "../children.ts";
import type { LoadMessage, LoadOrder, LoadResult } from "./generator.ts";

/** The load generator as the groups use it: on a core of its own where there is one. */
export interface Load {
  /** Sends a set of requests to the generator, under a name; each is the text of a whole request. */
  prepare(name: string, texts: string[]): Promise<void>;
  /** Rejects when any answer was not a 200. */
  run(order: LoadOrder): Promise<LoadResult>;
  stop(): Promise<void>;
}

export function startLoad(): Load {
  const child = startChild(new URL("generator.ts", import.meta.url), { core: cores.load });

  const ended = once(child.process, "exit").then(() => {
    throw new Error(`the load generator ended: ${child.output()}`);
  });
  ended.catch(() => undefined);

  async function ask(message: LoadMessage): Promise<{ result?: LoadResult }> {
    const answered = once(child.process, "message");
    child.process.send(message);
    const [answer] = (await Promise.race([answered, ended])) as [{ result?: LoadResult }];
    return answer;
  }
  return {
    async prepare(name, texts) {
      await ask({ kind: "requests", name, texts });
    },
    async run(order) {
      const { result } = await ask({ kind: "run", order });
      if (result === undefined) throw new Error("the load generator measured nothing");
      if (result.failures.length > 0) throw new Error(result.failures.join("; "));
      return result;
    },
    stop: child.stop,
  };
}

const common = "host: 127.0.0.1\r\nuser-agent: countersign-bench\r\n";

export function formRequest(path: string, parameters: Record<string, string>): string {
  const body = new URLSearchParams(parameters).toString();
  return (
    `POST ${path} HTTP/1.1\r\n${common}content-type: application/x-www-form-urlencoded\r\n` +
    `content-length: ${body.length}\r\n\r\n${body}`
  );
}

export function bearerRequest(path: string, token: string): string {
  return `GET ${path} HTTP/1.1\r\n${common}authorization: Bearer ${token}\r\n\r\n`;
}

export function apiKeyRequest(path: string, plainKey: string): string {
  return `GET ${path} HTTP/1.1\r\n${common}x-api-key: ${plainKey}\r\n\r\n`;
}
