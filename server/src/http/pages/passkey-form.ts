import type { FastifyReply, FastifyRequest } from "fastify";
import { passkeyAlgorithms } from "../../people/passkey.ts";
import { makeChallenge, type ChallengeFor } from "../../people/passkey-challenge.ts";
import type { FactorRecord } from "../../store/store.ts";
import { formTokenField, type Form } from "./form.ts";
import { html, type Html } from "./html.ts";
import { hidden } from "./page.ts";
import type { PagesContext } from "./visitor.ts";

/** The form behind a button that asks for a passkey. It is seen where a script can answer it. */

export interface PasskeyForm {
  action: string;
  label: string;
  whose: Omit<ChallengeFor, "browser">;
  /** What the browser is told beside the challenge. */
  options: object;
  /** Fields above the button, and hidden ones. */
  fields?: Html;
  /** Passkeys may also be offered while a name is typed. */
  isOffered?: boolean;
  isQuiet?: boolean;
}

/** Empty where the address cannot have passkeys. */
export function passkeyForm(
  { signIn, forms }: PagesContext,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  one: PasskeyForm,
): Html {
  if (signIn.relyingParty === undefined) return html``;
  const browser = forms.tokenFor(request, reply);
  const { challenge, pending } = makeChallenge(signIn, { ...one.whose, browser });
  const options = JSON.stringify({ ...one.options, challenge });
  const ceremony = one.whose.purpose === "enrol" ? "create" : "get";
  return html`<form
    method="post"
    action="${one.action}"
    data-passkey="${ceremony}"
    data-options="${options}"
    ${one.isOffered === true && html`data-offered="true"`}
  >
    ${hidden(formTokenField, browser)}${hidden("challenge", pending)}${hidden("answer", "")}
    ${one.fields}
    <p class="problem" role="alert" hidden></p>
    <button ${one.isQuiet === true && html`class="quiet"`} type="submit">${one.label}</button>
  </form>`;
}

/** What came back, and from which browser. */
export const answerOf = ({ cookies }: PagesContext, request: FastifyRequest, form: Form) => ({
  answer: { pending: form.get("challenge") ?? "", text: form.get("answer") ?? "" },
  browser: cookies.read(request.headers, "form") ?? "",
});

const timeoutMs = 5 * 60_000;

/** To sign in: with one of these, or with whatever there is for us. */
export const requestOptions = (
  { signIn }: PagesContext,
  passkeys: FactorRecord[],
  userVerification: "required" | "preferred",
): object => ({
  rpId: signIn.relyingParty?.id,
  timeout: timeoutMs,
  userVerification,
  ...(passkeys.length === 0 ? {} : { allowCredentials: passkeys.map(descriptorOf) }),
});

/** To make one: kept on the device where it can be, so that it does without a name [WebAuthn §5.4.4]. */
export const creationOptions = (
  { signIn }: PagesContext,
  user: { id: string; email: string; name: string },
  passkeys: FactorRecord[],
): object => ({
  rp: { id: signIn.relyingParty?.id, name: "Countersign" },
  user: {
    id: Buffer.from(user.id).toString("base64url"),
    name: user.email,
    displayName: user.name === "" ? user.email : user.name,
  },
  pubKeyCredParams: passkeyAlgorithms.map((alg) => ({ type: "public-key", alg })),
  timeout: timeoutMs,
  attestation: "none",
  excludeCredentials: passkeys.map(descriptorOf),
  authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
});

const descriptorOf = ({ credentialId, transports }: FactorRecord): object => ({
  type: "public-key",
  id: credentialId,
  ...(transports.length === 0 ? {} : { transports }),
});

export const isPasskey = ({ kind }: FactorRecord): boolean => kind === "passkey";

/** Below another way to go on. */
export const orPasskey = (form: Html): Html | "" =>
  form.text === ""
    ? ""
    : html`<div data-needs-passkey hidden>
        <p class="or">or</p>
        ${form}
      </div>`;

/** The same with one of the passkeys of somebody who is known; nothing for who has none. */
export const orOwnPasskey = (
  context: PagesContext,
  visit: { request: FastifyRequest; reply: FastifyReply },
  passkeys: FactorRecord[],
  one: Pick<PasskeyForm, "action" | "whose"> & {
    userVerification: "required" | "preferred";
    returnTo: string;
  },
): Html | "" =>
  passkeys.length === 0
    ? ""
    : orPasskey(
        passkeyForm(context, visit, {
          action: one.action,
          label: "Use a passkey",
          whose: one.whose,
          options: requestOptions(context, passkeys, one.userVerification),
          fields: hidden("return_to", one.returnTo),
          isQuiet: true,
        }),
      );

export const scriptOf = ({ signIn }: PagesContext): "passkey.js" | undefined =>
  signIn.relyingParty === undefined ? undefined : "passkey.js";
