import { readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { goTo, signInPath, visitorOf, type PagesContext } from "./pages/visitor.ts";
import { PageRefused } from "./pages/page-refused.ts";
import { contentPolicy } from "./security-headers.ts";

/**
 * `/console` and `/reference`: the built web console. Its files are compressed when it is built and read from disk when
 * they are asked for, which browsers do once: nothing of it stays in memory but the list of names.
 */

const path = "/console";
/** A page of its own: what draws API documents is larger than all the rest. */
const referencePath = "/reference";
const builtFolder = new URL("../../../console/dist/", import.meta.url);
const noncePlaceholder = "{{nonce}}";

const types: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  woff2: "font/woff2",
  txt: "text/plain; charset=utf-8",
};

/** In order of preference. */
const encodings = [
  ["br", ".br"],
  ["gzip", ".gz"],
] as const;

export function registerConsole(server: FastifyInstance, context: PagesContext): void {
  server.get("/", (_request, reply) => goTo(reply, path));

  server.get(`${path}/assets/:name`, async (request, reply) => {
    const { name } = request.params as { name: string };
    const files = builtFiles();
    if (!files.has(`assets/${name}`)) throw notThere();
    const type = types[name.split(".").at(-1)!] ?? "application/octet-stream";
    const [coding, ending] = codingFor(request, (tried) => files.has(`assets/${name}${tried}`));
    if (coding !== "") reply.header("content-encoding", coding);
    return reply
      .headers({
        "content-type": type,
        // Its name changes with what it holds.
        "cache-control": "public, max-age=31536000, immutable",
        vary: "accept-encoding",
      })
      .send(await readFile(new URL(`assets/${name}${ending}`, builtFolder)));
  });

  // Every other address is a page, which the browser knows.
  for (const pages of [path, `${path}/*`, referencePath]) {
    const isReference = pages === referencePath;
    server.get(pages, async (request, reply) => {
      const visitor = await visitorOf(context, request);
      if (visitor === undefined) return goTo(reply, signInPath(request.url));
      return sendBuilt(context, reply, isReference ? reference : console);
    });
  }
}

interface BuiltPage {
  file: string;
  /** What its policy permits beyond what all of them need. */
  policy(nonce: string): Record<string, string>;
}

const console: BuiltPage = {
  file: "index.html",
  policy: (nonce) => ({
    // The component library writes the variables of its theme into elements of their own.
    "style-src": `'self' 'nonce-${nonce}'`,
    "connect-src": "'self'",
  }),
};

const reference: BuiltPage = {
  file: "reference.html",
  policy: () => ({
    // What draws the documents sets styles wherever it likes; scripts are ours alone here, too.
    "style-src": "'self' 'unsafe-inline'",
    // Requests go to the APIs that the documents are of.
    "connect-src": "'self' https: http://localhost:* http://127.0.0.1:*",
  }),
};

async function sendBuilt(
  context: PagesContext,
  reply: FastifyReply,
  { file, policy }: BuiltPage,
): Promise<FastifyReply> {
  const page = await readFile(new URL(file, builtFolder), "utf8").catch(() => {
    throw notBuilt();
  });
  const nonce = context.signIn.system.randomBytes(18).toString("base64url");
  return reply
    .headers({
      "content-type": types["html"],
      "cache-control": "no-store",
      "content-security-policy": contentPolicy({
        "script-src": "'self'",
        "img-src": "'self'",
        "font-src": "'self'",
        "form-action": "'self'",
        ...policy(nonce),
      }),
    })
    .send(page.replace(noncePlaceholder, nonce));
}

/** The names of the files that the build left, read again until there are some. */
function builtFiles(): ReadonlySet<string> {
  if (known.size > 0) return known;
  try {
    for (const name of readdirSync(new URL("assets/", builtFolder))) known.add(`assets/${name}`);
  } catch {
    throw notBuilt();
  }
  return known;
}

const known = new Set<string>();

function codingFor(
  { headers }: FastifyRequest,
  isThere: (ending: string) => boolean,
): readonly [coding: string, ending: string] {
  const accepted = [headers["accept-encoding"] ?? ""].flat().join();
  const found = encodings.find(
    ([coding, ending]) => new RegExp(`\\b${coding}\\b`).test(accepted) && isThere(ending),
  );
  return found ?? ["", ""];
}

const notThere = (): PageRefused =>
  new PageRefused("no_such_address", {
    status: 404,
    title: "There is nothing here",
    message: "The console was updated, perhaps. Load the page again.",
  });

const notBuilt = (): PageRefused =>
  new PageRefused("other_refusal", {
    status: 503,
    title: "The console is not built",
    message: `npm start builds it, and so does npx vite build console. It belongs in ${fileURLToPath(builtFolder)}.`,
  });
