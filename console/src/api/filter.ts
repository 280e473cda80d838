/** For lists with a `filter`: what is typed somewhere in the text, without regard to case. */
export const anywhereIn = (typed: string): string | undefined =>
  typed === "" ? undefined : `(?i)${typed.replace(/[^\p{L}\p{N} ]/gu, "\\$&")}`;
