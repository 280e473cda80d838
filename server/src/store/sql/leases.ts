import type { LeaseStore } from "../store.ts";
import type { Database, Tx } from "../schema.ts";

/**
 * Leases for background jobs. The row of a lease that was released stays, without a holder: beats go
 * on counting, so that nobody takes a new holder for the one whose beat stood still.
 */

const nobody = "";

export const leaseReads = (db: Database) =>
  ({
    findLease: (name) =>
      db
        .selectFrom("leases")
        .select(["holder", "beat"])
        .where("name", "=", name)
        .where("holder", "!=", nobody)
        .executeTakeFirst(),
  }) satisfies Partial<LeaseStore>;

export const leaseWrites = {
  async takeLease(tx: Tx, input: { name: string; holder: string; seenBeat: number }) {
    const { name, holder, seenBeat } = input;
    const taken = seenBeat === 0 ? await takeFree(tx, name, holder) : await takeSeen(tx, input);
    return taken === undefined ? ("conflict" as const) : ("written" as const);
  },

  async releaseLease(tx: Tx, input: { name: string; holder: string }) {
    await tx
      .updateTable("leases")
      .set((eb) => ({ holder: nobody, beat: eb("beat", "+", 1) }))
      .where("name", "=", input.name)
      .where("holder", "=", input.holder)
      .execute();
    return "written" as const;
  },
};

const takeFree = (tx: Tx, name: string, holder: string) =>
  tx
    .insertInto("leases")
    .values({ name, holder, beat: 1 })
    .onConflict((conflict) =>
      conflict
        .column("name")
        .doUpdateSet((eb) => ({ holder, beat: eb("leases.beat", "+", 1) }))
        .where("leases.holder", "=", nobody),
    )
    .returning("beat")
    .executeTakeFirst();

const takeSeen = (tx: Tx, input: { name: string; holder: string; seenBeat: number }) =>
  tx
    .updateTable("leases")
    .set({ holder: input.holder, beat: input.seenBeat + 1 })
    .where("name", "=", input.name)
    .where("beat", "=", input.seenBeat)
    .where("holder", "!=", nobody)
    .returning("beat")
    .executeTakeFirst();
