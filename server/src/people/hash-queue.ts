/**
 * Slow hashes wait their turn here: a few run at a time, so that a flood of sign-ins costs neither the
 * memory nor the threads that tokens need. Who asks a lot waits behind who asks once.
 */

export interface HashQueue {
  /** `asker` shares one place in the queue. Throws `TooManyAtOnce`. */
  run<Result>(asker: string, job: () => Promise<Result>): Promise<Result>;
}

/** No verdict on a password: there was no time to look at it. */
export class TooManyAtOnce extends Error {
  override name = "TooManyAtOnce";
}

const runningMax = 2;
const waitingMax = 64;
const waitingPerAskerMax = 16;

interface Waiting {
  start(): void;
  refuse(): void;
}

export function createHashQueue(): HashQueue {
  /** Askers take turns in the order of the map; who was served goes to its end. */
  const waiting = new Map<string, Waiting[]>();
  let running = 0;

  const count = (): number => [...waiting.values()].reduce((sum, { length }) => sum + length, 0);

  /** Who has most in the queue gives up a place to who has none. */
  function makeRoomFor(asker: string): void {
    if (waiting.has(asker)) throw new TooManyAtOnce();
    const longest = [...waiting.values()].reduce((one, other) =>
      other.length > one.length ? other : one,
    );
    if (longest.length < 2) throw new TooManyAtOnce();
    longest.pop()!.refuse();
  }

  function turn(asker: string): Promise<void> {
    if (running < runningMax && waiting.size === 0) return Promise.resolve();
    const own = waiting.get(asker) ?? [];
    if (own.length >= waitingPerAskerMax) throw new TooManyAtOnce();
    if (count() >= waitingMax) makeRoomFor(asker);
    return new Promise((resolve, reject) => {
      own.push({ start: resolve, refuse: () => reject(new TooManyAtOnce()) });
      waiting.set(asker, own);
    });
  }

  function next(): void {
    const [first] = waiting;
    if (first === undefined || running >= runningMax) return;
    const [asker, own] = first;
    const { start } = own.shift()!;
    waiting.delete(asker);
    if (own.length > 0) waiting.set(asker, own);
    running += 1;
    start();
  }

  return {
    async run(asker, job) {
      const isImmediate = running < runningMax && waiting.size === 0;
      const turned = turn(asker);
      // Who waits is counted when its turn comes.
      if (isImmediate) running += 1;
      await turned;
      try {
        return await job();
      } finally {
        running -= 1;
        next();
      }
    },
  };
}
