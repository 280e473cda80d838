import { readTree } from "../tidy/repository.ts";
import { standards } from "../tidy/standards.ts";
import { isTest, type SourceFile } from "../tidy/tree.ts";
import { code, page, table } from "./markdown.ts";

const citation =
  /(?<standard>RFC \d{3,5}|OpenID Connect [A-Z]\w+)(?: 1\.0)?(?<sections> §[\w.]+(?:(?:,| and) §[\w.]+)*)/g;

/** Standard, section and files, from the citations in the code's comments. */
export function standardsPage(): string {
  const { sources } = readTree();
  const shipped = sources.filter(({ path }) => /\/src\//.test(path) && !isTest(path));
  const found = findCitations(shipped);
  const parts = [...found.keys()].toSorted(byNumber).map((standard) => {
    const rows = [...found.get(standard)!]
      .toSorted(([one], [other]) => byNumber(one, other))
      .map(([section, files]) => [section, [...files].toSorted().map(code).join(", ")]);
    return page(`## ${standard}: ${standards[standard]}`, table(["section", "files"], rows));
  });
  return page(
    "# Standards",
    "Where the code takes a decision that a standard asks for, it cites the section.",
    ...parts,
  );
}

type Citations = Map<string, Map<string, Set<string>>>;

function findCitations(sources: readonly SourceFile[]): Citations {
  const found: Citations = new Map();
  for (const { path, comments } of sources) {
    // A citation may go over the end of a line.
    const text = comments.map((line) => line.text.replace(/^\s*(?:\/\/|\*)\s?/, "")).join(" ");
    for (const { groups } of text.matchAll(citation)) {
      const { standard = "", sections = "" } = groups ?? {};
      const bySection = found.get(standard) ?? new Map<string, Set<string>>();
      found.set(standard, bySection);
      for (const [section] of sections.matchAll(/§[A-Z\d]+(?:\.\d+)*/g)) {
        bySection.set(section, (bySection.get(section) ?? new Set()).add(path));
      }
    }
  }
  return found;
}

/** `§5.10` after `§5.2`, and the RFCs before what has a name. */
const byNumber = (one: string, other: string): number => {
  const isNamed = Number(!/\d/.test(one)) - Number(!/\d/.test(other));
  return isNamed || one.localeCompare(other, "en", { numeric: true });
};
