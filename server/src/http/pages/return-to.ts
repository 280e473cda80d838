/**
 * Where to go on after a sign-in: a path of ours, whatever was asked for [RFC 9700 §4.11.1]. Browsers
 * read backslashes and control characters in ways of their own, so these name nothing of ours.
 */

/** Where people are at home. */
export const homePath = "/console";

const charactersMax = 2_000;

export function returnPathOf(asked: string | undefined, publicUrl: string): string {
  // eslint-disable-next-line no-control-regex
  if (asked === undefined || !/^\/(?![/\\])[^\\\u0000-\u0020\u007f]*$/.test(asked)) return homePath;
  if (asked.length > charactersMax) return homePath;
  const url = URL.parse(asked, publicUrl);
  if (url === null || url.origin !== publicUrl) return homePath;
  const path = url.pathname + url.search + url.hash;
  // Dots may have made two slashes of one.
  return path.startsWith("//") ? homePath : path;
}
