/** What a write comes to, when it is not a failure of the store. */

export type Written = "written" | "conflict";
export type Inserted = { outcome: "inserted" } | { outcome: "external_id_taken" } | Repeated;

/** The request was made before under the same `Idempotency-Key`. */
export interface Repeated {
  outcome: "repeated";
  requestDigest: string;
  subjectId: string;
}
