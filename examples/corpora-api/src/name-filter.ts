import { RE2JS, RE2JSException } from "re2js";
import { badRequest } from "./request-error.ts";

/**
 * The `filter` of a list: a regular expression from a stranger. RE2 goes through a text once,
 * whatever the expression, so its work is at most instructions × characters; that is counted, and
 * a request may spend only so much.
 */
export interface NameFilter {
  /** Whether one of the texts matches somewhere. */
  matches(texts: readonly string[]): boolean;
  /** Whether the request has spent its work. */
  isSpent(): boolean;
}

/** Steps a request may take: some 25 ms of the one thread. */
const stepsMax = 1_000_000;
/** A row costs this much even if its texts are empty. */
const rowSteps = 200;
const instructionsMax = 500;

/** Without a pattern all texts match. Throws 400 for one that is not RE2 syntax, or too large. */
export function nameFilter(pattern: string | undefined): NameFilter {
  const expression = pattern === undefined ? undefined : parseExpression(pattern);
  const instructions = expression?.programSize() ?? 0;
  let steps = 0;
  return {
    isSpent: () => steps >= stepsMax,
    matches(texts) {
      steps += rowSteps;
      if (expression === undefined) return true;
      return texts.some((text) => {
        steps += instructions * (text.length + 1);
        return expression.matcher(text).find();
      });
    },
  };
}

function parseExpression(pattern: string): RE2JS {
  const expression = compile(pattern);
  if (expression.programSize() <= instructionsMax) return expression;
  throw badRequest({ filter: "is too large: use smaller repetitions" });
}

function compile(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    throw badRequest({ filter: "is not a regular expression in RE2 syntax" });
  }
}
