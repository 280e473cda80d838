import { sql, type SelectQueryBuilder, type SqlBool } from "kysely";
import type { Schema } from "../schema.ts";

type Order = "asc" | "desc";

/** Of one row, what the rows are in order of. */
type Position<Table extends keyof Schema, Name extends keyof Schema[Table]> = {
  [One in Name]: NonNullable<Schema[Table][One]>;
};

/**
 * The `limit` rows that come behind `after`, or the first ones, in the order of the columns `names`.
 * Together these tell any two rows apart, so that whoever goes from page to page meets each row once,
 * whatever is inserted and deleted meanwhile.
 */
export function keysetPage<
  Table extends keyof Schema,
  Row,
  Name extends keyof Schema[Table] & string,
>(
  query: SelectQueryBuilder<Schema, Table, Row>,
  names: readonly Name[],
  { after, limit }: { after: Position<Table, Name> | undefined; limit: number },
  order: Order = "asc",
): SelectQueryBuilder<Schema, Table, Row> {
  const rest = after === undefined ? query : query.where(isBehind(names, after, order));
  return names.reduce((sorted, name) => sorted.orderBy(sql.ref(name), order), rest).limit(limit);
}

function isBehind<Name extends string>(
  names: readonly Name[],
  position: Record<Name, unknown>,
  order: Order,
) {
  const columns = sql.join(names.map((name) => sql.ref(name)));
  const values = sql.join(names.map((name) => position[name]));
  return order === "asc"
    ? sql<SqlBool>`(${columns}) > (${values})`
    : sql<SqlBool>`(${columns}) < (${values})`;
}
