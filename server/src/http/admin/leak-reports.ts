import { hash } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { LeakFeedback, LeakReport } from "@countersign/protocol/admin/leaks.ts";
import { AdminError } from "../../errors/admin-error.ts";
import { receiveReport, type LeakReportContext, type Reporter } from "../../leaks/leak-report.ts";
import type { PartnerKeys } from "../../leaks/partner-keys.ts";
import { finish, identify, type IdentifyContext } from "./identify.ts";
import { route, type AdminServer } from "./route.ts";

/**
 * `POST /v2/leaks`, in the shape of GitHub's secret scanning partner programme. A report is signed by a
 * partner, or comes from somebody of the account with permission; anybody else is turned away before
 * the body is read, and no body is understood before its signature is known to be right.
 */

export interface LeakReportRoutes extends IdentifyContext {
  leakReports: LeakReportContext;
  partnerKeys: PartnerKeys;
}

const report = route({
  permission: "leaks:report",
  tag: "Leaks",
  summary: "Report secrets that were found where they should not be",
  description:
    "Instead of by a caller with permission, it may be signed by a scanning partner: `Github-Public-Key-Identifier` names the key, and `Github-Public-Key-Signature` is ECDSA on P-256 over the SHA-256 of the body, DER in base64. What was reported before changes nothing.",
  body: LeakReport,
  success: { 200: LeakFeedback },
});

export function registerLeakReports(plain: FastifyInstance, context: LeakReportRoutes): void {
  const server: AdminServer = plain.withTypeProvider<TypeBoxTypeProvider>();
  const { partnerKeys, leakReports } = context;

  server.decorateRequest("caller");
  server.decorateRequest("signed");
  server.addHook("onRequest", async (request) => {
    const signed = signedBy(request);
    if (signed === undefined) return identify(context, request);
    if (!partnerKeys.knows(signed.keyId)) throw notSigned();
    request.signed = signed;
  });
  server.addHook("onSend", async (request, reply) => finish(context, request, reply));
  server.removeContentTypeParser("application/json");
  server.addContentTypeParser(
    "application/json",
    { parseAs: "buffer" },
    async (request: FastifyRequest, body: Buffer) => {
      const { signed } = request;
      if (signed !== undefined && !partnerKeys.hasSigned(signed.keyId, signed.signature, body)) {
        throw notSigned();
      }
      return parseJson(body);
    },
  );

  server.post("/leaks", report, async (request) => {
    const { body } = request;
    const labels = await receiveReport(
      leakReports,
      reporterOf(context, request),
      body.map(({ token, type = "", url = "", source = "" }) => ({
        text: token,
        type,
        url,
        source,
      })),
    );
    return body.map(({ token, type = "" }, index) => ({
      token_hash: hash("sha256", token, "hex"),
      token_type: type,
      label: labels[index]!,
    }));
  });
}

declare module "fastify" {
  interface FastifyRequest {
    /** What a partner says that it signed with; unset for other callers. */
    signed?: Signed;
  }
}

interface Signed {
  keyId: string;
  signature: string;
}

/** `undefined` when neither header came. Throws 401 when one did without the other. */
function signedBy({ headers }: FastifyRequest): Signed | undefined {
  const keyId = headers["github-public-key-identifier"];
  const signature = headers["github-public-key-signature"];
  if (keyId === undefined && signature === undefined) return undefined;
  if (typeof keyId === "string" && typeof signature === "string") return { keyId, signature };
  throw notSigned();
}

/** Whatever is wrong with a signature, it reads the same. */
const notSigned = (): AdminError =>
  new AdminError(401, "The report is not signed by a partner that is known here.", {
    challenge: {},
    cause: "leak_report_not_signed",
  });

function parseJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new AdminError(400, "The body is not JSON.", { fieldErrors: {} });
  }
}

function reporterOf({ sourceAddressOf }: LeakReportRoutes, request: FastifyRequest): Reporter {
  const { signed, id: requestId } = request;
  if (signed === undefined) {
    const { actor } = request.caller;
    const { type, id, tenantId } = actor;
    return { type, id, tenantId, actorIn: () => actor };
  }
  const sourceAddress = sourceAddressOf(request.raw);
  const partner = { type: "system", id: "leak_report", requestId, sourceAddress } as const;
  return {
    type: "partner",
    id: signed.keyId,
    tenantId: undefined,
    actorIn: (tenantId) => ({ ...partner, tenantId }),
  };
}
