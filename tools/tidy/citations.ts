/**
 * Citations of standards: one form, so that one search finds them all, and none missing where
 * protocol is decided.
 */
import { standards } from "./standards.ts";
import { type Rule, isTest } from "./tree.ts";

const citation =
  /\bRFC[\s-]?\d{3,5}\b(?:[,;:]?\s*(?:§|sections?\b|sect?\.|chapter\b|clause\b)\s*[\w.]*)?/gi;
const named =
  /\b(?:OIDC|OpenID Connect) [A-Z]\w+(?:[,;:]?\s*(?:§|[Ss]ections?\b|[Ss]ect?\.)\s*[\w.]*)/g;
const goodForm = /^(?:RFC \d{3,5}|(?:OIDC|OpenID Connect) [A-Z]\w+)(?: §[A-Z\d]+(?:\.\d+)*\.?)?$/;

const mustCite = /^server\/src\/(http\/oauth|grants|tokens)\//;
const proof = /\bRFC \d{3,5} §|\bOIDC Core §|\bOpenID Connect \w+ §/;

export const citationForm: Rule = ({ sources }) =>
  sources.flatMap(({ path, comments }) =>
    comments.flatMap(({ line, text }) =>
      [...text.matchAll(citation), ...text.matchAll(named)]
        .filter(([found]) => !goodForm.test(found))
        .map(([found]) => ({ file: path, line, message: `${found}: cite as RFC 6749 §5.2` })),
    ),
  );

/** A wrong digit would send the reader to another standard. */
export const citationKnown: Rule = ({ sources }) =>
  sources.flatMap(({ path, comments }) =>
    comments.flatMap(({ line, text }) =>
      [...text.matchAll(/\bRFC \d+\b/g)]
        .filter(([found]) => !Object.hasOwn(standards, found))
        .map(([found]) => ({
          file: path,
          line,
          message: `${found} is not in tools/tidy/standards.ts: a slip, or a line to add there`,
        })),
    ),
  );

export const citationPresent: Rule = ({ sources }) =>
  sources
    .filter(({ path }) => mustCite.test(path) && !isTest(path))
    .filter(({ comments }) => !comments.some(({ text }) => proof.test(text)))
    .map(({ path }) => ({
      file: path,
      line: 1,
      message: "decides about the protocol and cites no section of a standard",
    }));
