import { RE2JS, RE2JSSyntaxException } from "re2js";
import { badField } from "../errors/admin-error.ts";

/** A regular expression that somebody else wrote, on an engine that takes linear time and a budget of work. */

/** Steps of the matching machine: characters looked at, times the size of the program. */
const workMax = 2_000_000;
/** A few milliseconds; then others get their turn. */
const workPerTurn = 200_000;
const programSizeMax = 2_000;

/** Whether it is somewhere in the text. */
export interface Matcher {
  (text: string): boolean;
  /** No more is to be looked at. */
  isSpent(): boolean;
  /** Others have waited for a while; says so once. */
  isLong(): boolean;
}

/** Throws 400 for what is no filter. */
export function createMatcher(filter: string): Matcher {
  const pattern = compile(filter);
  const size = pattern.programSize();
  if (size > programSizeMax) throw badField("filter", "is too complex");
  let work = 0;
  let turnEndsAt = workPerTurn;
  const matches = (text: string): boolean => {
    work += (text.length + 1) * size;
    return pattern.matcher(text).find();
  };
  const isLong = (): boolean => {
    if (work < turnEndsAt) return false;
    turnEndsAt = work + workPerTurn;
    return true;
  };
  return Object.assign(matches, { isSpent: () => work > workMax, isLong });
}

function compile(filter: string): RE2JS {
  try {
    return RE2JS.compile(filter);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw badField("filter", "is not a regular expression");
  }
}
