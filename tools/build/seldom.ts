import type { Plugin } from "rolldown";

/**
 * What libraries require at their start in case that somebody wants it. What is read stays in memory, as
 * text and compiled, so what this server never does is left out, and what it seldom does is read when
 * somebody asks for it (docs/decisions/0018-a-built-server.md).
 */

/** Who requires it, as the part of its path behind the package's name, and what. */
const never: readonly [by: string, required: string][] = [
  // Validation and serialization are ours: `server/src/http/router.ts`.
  ["fastify/", "@fastify/ajv-compiler"],
  ["fastify/", "@fastify/fast-json-stringify-compiler"],
  // For tests inside one process.
  ["fastify/", "light-my-request"],
  // Of an OpenAPI document we give the JSON, of version 3, and never one from a file.
  ["@fastify/swagger/", "yaml"],
  ["@fastify/swagger/", "../spec/swagger"],
  ["@fastify/swagger/", "./lib/mode/static"],
  // Metrics are without exemplars, of one process, and nobody pushes them.
  ["prom-client/", "@opentelemetry/api"],
  ["prom-client/", "./lib/cluster"],
  ["prom-client/", "./lib/pushgateway"],
  // Logs go to the standard output.
  ["pino/", "./lib/multistream"],
  ["pino/", "./lib/transport"],
  ["pino/", "./transport"],
];

const leftOut = "\0left-out:";

/** A use says what is missing. Once it is not required any more, the build says that too. */
export function withoutNeverUsed(): Plugin {
  const unmet = new Set(never);
  return {
    name: "without-never-used",
    resolveId(source, importer) {
      const rule = never.find(
        ([by, required]) => source === required && importer?.includes(`/node_modules/${by}`),
      );
      if (rule === undefined) return undefined;
      unmet.delete(rule);
      return leftOut + source;
    },
    load(id) {
      if (!id.startsWith(leftOut)) return undefined;
      const message = `${id.slice(leftOut.length)} is not in the built server`;
      const fail = `() => { throw new Error(${JSON.stringify(message)}); }`;
      return `module.exports = new Proxy(function () {}, { get: ${fail}, apply: ${fail} });`;
    },
    buildEnd() {
      if (unmet.size > 0) throw new Error(`nobody requires ${[...unmet].join(" ")}`);
    },
  };
}

/** Only answers whose schema has alternatives are looked at before they are written. */
const validator = {
  by: "/node_modules/fast-json-stringify/lib/validator.js",
  required: /^const (?:Ajv|\{ _ \}|fastUri|ajvFormats) = .*\n/gm,
  neededIn: "constructor (ajvOptions, inlineValidators) {\n",
};

export function seldomUsed(): Plugin {
  return {
    name: "seldom-used",
    transform(code, id) {
      const { by, required, neededIn } = validator;
      if (!id.endsWith(by)) return undefined;
      const statements = code.match(required) ?? [];
      const [before, after] = code.replaceAll(required, "").split(neededIn);
      if (statements.length !== 4 || after === undefined) throw new Error(`${by} is not as it was`);
      return { code: before + neededIn + statements.join("") + after, map: null };
    },
  };
}
