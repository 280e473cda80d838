/**
 * Thrown inside a write to undo all of it and answer `outcome`: an expected refusal such as
 * `conflict`, not a failure of the store.
 */
export class Rollback extends Error {
  override name = "Rollback";
  readonly outcome: unknown;

  constructor(outcome: unknown) {
    super("rolled back");
    this.outcome = outcome;
  }
}
