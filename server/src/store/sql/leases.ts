import type { LeaseStore } from "../store.ts";
import type { Database, Tx } from "../schema.ts";

/** Leases for background jobs. */

export const leaseReads = (db: Database) =>
  ({
    findLease: (name) =>
      db
        .selectFrom("leases")
        .select(["holder", "beat"])
        .where("name", "=", name)
        .executeTakeFirst(),
  }) satisfies Partial<LeaseStore>;

export const leaseWrites = {
  async takeLease(tx: Tx, input: { name: string; holder: string; seenBeat: number }) {
    const { name, holder, seenBeat } = input;
    const taken =
      seenBeat === 0
        ? await tx
            .insertInto("leases")
            .values({ name, holder, beat: 1 })
            .onConflict((conflict) => conflict.doNothing())
            .returning("beat")
            .executeTakeFirst()
        : await tx
            .updateTable("leases")
            .set({ holder, beat: seenBeat + 1 })
            .where("name", "=", name)
            .where("beat", "=", seenBeat)
            .returning("beat")
            .executeTakeFirst();
    return taken === undefined ? ("conflict" as const) : ("written" as const);
  },

  async releaseLease(tx: Tx, input: { name: string; holder: string }) {
    await tx
      .deleteFrom("leases")
      .where("name", "=", input.name)
      .where("holder", "=", input.holder)
      .execute();
    return "written" as const;
  },
};
