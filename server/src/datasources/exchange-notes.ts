import type { Log } from "../log.ts";
import type { ConnectionRecord, ExchangeRecord, ExchangeStore } from "../store/store.ts";
import { shareRuns } from "../shared-run.ts";
import { newId, type System } from "../system.ts";
import type { ProviderAnswer } from "./protocol/answer-document.ts";
import { ProviderError } from "./protocol/provider-error.ts";
import type { ProviderRequest } from "./protocol/step-request.ts";
import { traceOf } from "./protocol/trace.ts";
import type { HeldTokens } from "./held-tokens.ts";
import type { Provider } from "./provider.ts";
import { redactionOf, redactText } from "./protocol/redaction.ts";

/**
 * What was said between us and providers, for whoever asks why a connection is as it is. Written a moment
 * later and in one go: no token waits for it, and a note that cannot be written is given up.
 */

export interface ExchangeNotes {
  /**
   * Runs `exchange`, and notes what came of it. `answered` is told the answer as soon as it is there.
   * Throws what it throws, but that a `ProviderError` repeats no secret.
   */
  noting<Result extends { tolerances: readonly string[] } | undefined>(
    about: NotedExchange,
    request: ProviderRequest,
    exchange: (answered: (answer: ProviderAnswer) => void) => Promise<Result>,
  ): Promise<Result>;
  stop(): Promise<void>;
}

export interface NotedExchange {
  connection: Pick<ConnectionRecord, "tenantId" | "id">;
  provider: Provider;
  /** What there was before, and what an exchange before this one has brought. */
  held?: readonly HeldTokens[];
}

const flushEveryMs = 1_000;
const waitingMax = 1_000;
const keptMax = 20;

export function createExchangeNotes(
  system: System,
  store: Pick<ExchangeStore, "insertExchanges">,
  log: Log,
): ExchangeNotes {
  let waiting: ExchangeRecord[] = [];

  async function write(): Promise<void> {
    const exchanges = waiting;
    waiting = [];
    if (exchanges.length === 0) return;
    await store.insertExchanges({ exchanges, keptMax }).catch((error: unknown) => {
      log.warn({ err: error, rows: exchanges.length }, "exchanges were not noted");
    });
  }

  const flush = shareRuns(write);
  const timer = setInterval(() => void flush(), flushEveryMs);
  timer.unref();

  return {
    async noting(about, request, exchange) {
      const { tenantId, id: connectionId } = about.connection;
      const [atMs, startedMs] = [system.now(), system.elapsedMs()];
      let answer: ProviderAnswer | undefined;
      const note = (own: Pick<ExchangeRecord, "cause" | "detail" | "tolerances">): void => {
        if (waiting.length >= waitingMax) return;
        const trace = traceOf(request, answer, knownSecretsOf(about));
        waiting.push({
          id: newId(system, "exc_"),
          tenantId,
          connectionId,
          atMs,
          step: request.step,
          curl: trace.curl,
          status: answer?.status,
          answer: trace.answer,
          durationMs: Math.round(system.elapsedMs() - startedMs),
          ...own,
        });
      };
      try {
        const result = await exchange((given) => {
          answer = given;
        });
        const tolerances = [...(result?.tolerances ?? [])];
        note({ cause: undefined, detail: undefined, tolerances });
        return result;
      } catch (error) {
        if (!(error instanceof ProviderError)) throw error;
        note({ cause: error.causeName, detail: error.detail, tolerances: [] });
        const redact = redactionOf(request, answer, knownSecretsOf(about));
        throw error.withText((text) => redactText(redact(text)));
      }
    },
    async stop() {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Also what was not sent: a provider may know it from before. */
function knownSecretsOf({ provider, held = [] }: NotedExchange): string[] {
  const all = held.flatMap((one) => [one, ...Object.values(one.slots ?? {})]);
  const values = [
    provider.settings.clientSecret,
    ...all.flatMap(({ accessToken, refreshToken }) => [accessToken, refreshToken]),
  ];
  return values.filter((value) => value !== undefined);
}
