import { rmSync, writeFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { build, type Plugin } from "rolldown";
import { seldomUsed, withoutNeverUsed } from "./seldom.ts";

/**
 * The server in a few files rather than in two thousand: each module costs memory, in two threads,
 * and time at the start. Names and lines stay readable, for stack traces.
 */

/** What Node is told to run. The second is a thread that the first starts. */
const entries = { main: "server/src/main.ts", writer: "server/src/store/sqlite/writer.ts" };

export async function buildServer(root: string, folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  await build({
    cwd: root,
    input: entries,
    platform: "node",
    plugins: [
      sourcePlaces(root, folder),
      withoutNeverUsed(),
      seldomUsed(),
      ascii(),
      seldomBuiltins(),
    ],
    logLevel: "warn",
    output: {
      dir: folder,
      // To import a built-in module reads all that it exports: `node:http` brings a whole client then.
      format: "cjs",
      entryFileNames: "[name].js",
      chunkFileNames: "[name]-[hash].js",
      // The engine keeps the text of what it runs.
      comments: false,
      sourcemap: true,
    },
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "commonjs" }\n');
}

/** What a source reads from beside itself is read from there still; the writer is the built one. */
function sourcePlaces(root: string, folder: string): Plugin {
  return {
    name: "source-places",
    transform(code, id) {
      if (!id.startsWith(root) || id.includes("node_modules")) return undefined;
      const place = relative(folder, id).split(sep).join("/");
      const source = `new URL(${JSON.stringify(place)}, import.meta.url)`;
      const placed = code
        .replaceAll("import.meta.url", source)
        .replaceAll(`"./writer.ts", ${source}`, '"./writer.js", import.meta.url');
      return { code: placed, map: null };
    },
  };
}

/** What libraries require in case that somebody wants it is loaded when somebody does. */
function seldomBuiltins(): Plugin {
  return {
    name: "seldom-builtins",
    renderChunk: (code) => ({
      code: code.replaceAll(
        /(const|let) (\w+) = require\("((?:node:)?(?:https|http2|tls))"\);/g,
        (_, kind, name, builtin) =>
          `${kind} ${name} = new Proxy({}, { get: (_, key) => require("${builtin}")[key] });`,
      ),
      map: null,
    }),
  };
}

/** One character beyond it, and the engine keeps two bytes for each of the file. */
function ascii(): Plugin {
  return {
    name: "ascii",
    generateBundle(_options, built) {
      for (const file of Object.values(built)) {
        if (file.type === "chunk") file.code = file.code.replaceAll(/[^\0-\x7f]/g, escaped);
      }
    },
  };
}

const escaped = (unit: string): string => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
