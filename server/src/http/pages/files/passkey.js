"use strict";
/**
 * Passkeys: the one thing on these pages that needs a script. A form that wants one is hidden until it
 * is certain that the browser can; what the authenticator answers is sent as a field of that form.
 */

const toBytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (one) => one.charCodeAt(0));
const toText = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const withBytes = (listed = []) => listed.map((one) => ({ ...one, id: toBytes(one.id) }));

/** The options as the browser takes them. */
const readOptions = (form) => {
  const options = JSON.parse(form.dataset.options);
  options.challenge = toBytes(options.challenge);
  if (options.user) options.user.id = toBytes(options.user.id);
  if (options.allowCredentials) options.allowCredentials = withBytes(options.allowCredentials);
  if (options.excludeCredentials) {
    options.excludeCredentials = withBytes(options.excludeCredentials);
  }
  return options;
};

const answerOf = ({ id, type, response }) => {
  const parts = ["clientDataJSON", "authenticatorData", "signature", "userHandle"];
  const answer = { transports: response.getTransports?.() };
  for (const name of [...parts, "attestationObject"]) {
    if (response[name]) answer[name] = toText(response[name]);
  }
  return JSON.stringify({ id, rawId: id, type, response: answer, clientExtensionResults: {} });
};

/** What is offered while somebody types gives way to what is asked for by a click. */
let offered = new AbortController();

const ask = async (form, more = {}) => {
  const publicKey = readOptions(form);
  const credential =
    form.dataset.passkey === "create"
      ? await navigator.credentials.create({ publicKey, ...more })
      : await navigator.credentials.get({ publicKey, ...more });
  form.elements.answer.value = answerOf(credential);
  form.submit();
};

const words = {
  NotAllowedError: "No passkey was used. Try again, or go on another way.",
  InvalidStateError: "This device has a passkey for you already.",
  SecurityError: "This address cannot have passkeys.",
};

const onSubmit = async (event) => {
  event.preventDefault();
  const form = event.target;
  const problem = form.querySelector("[role=alert]");
  const button = form.querySelector("button");
  offered.abort();
  problem.hidden = true;
  button.disabled = true;
  try {
    await ask(form);
  } catch (error) {
    problem.textContent = words[error.name] ?? "The browser could not use a passkey.";
    problem.hidden = false;
    button.disabled = false;
  }
};

/** Passkeys among what the browser fills in, while nobody has clicked anything. */
const offer = async (form) => {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  offered = new AbortController();
  // A reader who picks none has refused nothing.
  await ask(form, { mediation: "conditional", signal: offered.signal }).catch(() => undefined);
};

if (window.PublicKeyCredential) {
  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.addEventListener("submit", (event) => void onSubmit(event));
    form.closest("[data-needs-passkey]").hidden = false;
    if (form.dataset.offered) void offer(form);
  }
}
