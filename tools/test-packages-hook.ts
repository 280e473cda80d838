import { registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import { bundledPackages } from "./test-packages.ts";

/** Loaded into each test file's process, and so into each of its threads. */

const urls = new Map(
  [...bundledPackages()].map(([name, path]) => [name, pathToFileURL(path).href]),
);

registerHooks({
  resolve(specifier, context, next) {
    const url = urls.get(specifier);
    return url === undefined ? next(specifier, context) : { url, shortCircuit: true };
  },
});
