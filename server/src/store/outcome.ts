/** What a write comes to, when it is not a failure of the store. */

export type Written = "written" | "conflict";
export type Inserted =
  | { outcome: "inserted" }
  | { outcome: "external_id_taken" }
  | { outcome: "repeated"; requestDigest: string; subjectId: string };
