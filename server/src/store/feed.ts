import { shareRuns } from "../shared-run.ts";
import type { System } from "../system.ts";
import type { ChangeRecord } from "./records.ts";
import type { ChangeStore, Store } from "./store.ts";

/**
 * Follows the changes that any process made, so that caches hold nothing older than a moment. Every
 * process polls; a hint from the store only makes it sooner.
 */

export interface Feed {
  /** Up to here every change has been applied in this process. */
  readonly position: number;
  /** How old the newest answer of the store is, counted from the question. */
  staleForMs(): number;
  /**
   * Compares the store's head and applies what is new. When it resolves, every change that was
   * committed before the call has been applied. Rejects with `StoreUnavailable`.
   */
  catchUp(): Promise<void>;
  subscribe(subscriber: FeedSubscriber): void;
  stop(): void;
}

export interface FeedSubscriber {
  onChange(change: ChangeRecord): void;
  /** Changes may have been missed: whatever was remembered may be wrong. */
  onReset(): void;
}

/** A feed that follows is never older than a few polls; beyond this it counts as stale. */
export const staleAfterMs = 5_000;
export const pollEveryMs = 250;
const changesPerRead = 1000;

export async function followChanges(
  store: ChangeStore & Pick<Store, "onHint">,
  system: System,
): Promise<Feed> {
  const subscribers: FeedSubscriber[] = [];
  let position = await store.head();
  let answeredAtMs = system.elapsedMs();

  async function readChanges(): Promise<void> {
    const askedAtMs = system.elapsedMs();
    const head = await store.head();
    if (head < position) reset(head);
    while (position < head) {
      const changes = await store.listChanges(position, changesPerRead);
      if (follows(changes, position)) changes.forEach(apply);
      else reset(Math.max(head, changes.at(-1)?.position ?? 0));
    }
    answeredAtMs = askedAtMs;
  }

  function apply(change: ChangeRecord): void {
    for (const subscriber of subscribers) subscriber.onChange(change);
    position = change.position;
  }

  function reset(head: number): void {
    for (const subscriber of subscribers) subscriber.onReset();
    position = head;
  }

  const catchUp = shareRuns(readChanges);
  const poll = (): void => void catchUp().catch(() => undefined);
  const timer = setInterval(poll, pollEveryMs);
  timer.unref();
  store.onHint(poll);

  return {
    get position() {
      return position;
    },
    staleForMs: () => system.elapsedMs() - answeredAtMs,
    catchUp,
    subscribe: (subscriber) => void subscribers.push(subscriber),
    stop: () => clearInterval(timer),
  };
}

/** Positions have no gaps: a missing one means that rows were swept, or the counter jumped. */
function follows(changes: ChangeRecord[], position: number): boolean {
  const isNext = (change: ChangeRecord, index: number) => change.position === position + 1 + index;
  return changes.length > 0 && changes.every(isNext);
}
