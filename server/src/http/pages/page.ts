import { readFileSync } from "node:fs";
import type { FastifyReply } from "fastify";
import { digestOf } from "../../keys/secret.ts";
import { contentPolicy } from "../security-headers.ts";
import { html, type Html } from "./html.ts";

/**
 * The frame of every page that the server renders. They work without scripts; where one helps, it is
 * a file of ours.
 */

export interface Page {
  title: string;
  main: Html;
  /** A wide page for lists instead of a card for one form. */
  isWide?: boolean;
  script?: PageFile | undefined;
  status?: number;
}

export type PageFile = "style.css" | "passkey.js";

interface Asset {
  path: string;
  type: string;
  text: string;
}

const load = (name: PageFile, type: string): Asset => {
  const text = readFileSync(new URL(`files/${name}`, import.meta.url), "utf8");
  return { path: `/pages/${digestOf(text).slice(0, 12)}/${name}`, type, text };
};

/** Their addresses change with what they hold, so that they can be kept for long. */
export const assets: Record<PageFile, Asset> = {
  "style.css": load("style.css", "text/css; charset=utf-8"),
  "passkey.js": load("passkey.js", "text/javascript; charset=utf-8"),
};

const policy = contentPolicy({
  "style-src": "'self'",
  "form-action": "'self'",
});
const policyWithScript = contentPolicy({
  "style-src": "'self'",
  "form-action": "'self'",
  "script-src": "'self'",
});

export function sendPage(reply: FastifyReply, page: Page): FastifyReply {
  return reply
    .code(page.status ?? 200)
    .headers({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": page.script === undefined ? policy : policyWithScript,
    })
    .send(frame(page).text);
}

const frame = ({ title, main, isWide = false, script }: Page): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="robots" content="noindex" />
        <title>${title} – Countersign</title>
        <link rel="stylesheet" href="${assets["style.css"].path}" />
        ${script === undefined ? "" : html`<script src="${assets[script].path}" defer></script>`}
      </head>
      <body>
        ${isWide ? bar : html`<header class="alone">${brand}</header>`}
        <main class="${isWide ? "wide" : "card"}">
          <h1>${title}</h1>
          ${main}
        </main>
      </body>
    </html> `;

const brand = html`<span class="brand"
  ><svg aria-hidden="true" viewBox="0 0 24 24" width="28" height="28">
    <path
      d="M5 12.5 10 17.5 19.5 7"
      fill="none"
      stroke="currentColor"
      stroke-width="2.8"
      stroke-linecap="round"
      stroke-linejoin="round"
    /></svg
  >Countersign</span
>`;

/** Only who is signed in sees wide pages. */
const bar = html`<header class="bar">
  <div>${brand}<a href="/logout">Sign out</a></div>
</header>`;

/** A part of a wide page: what it is about, and beside it what can be done. */
export const section = (id: string, about: { title: string; lead: string }, body: Html): Html =>
  html`<section aria-labelledby="${id}">
    <header>
      <h2 id="${id}">${about.title}</h2>
      <p>${about.lead}</p>
    </header>
    <div>${body}</div>
  </section>`;

/** What went wrong, where screen readers hear it. */
export const problemBox = (problem: string | undefined): Html =>
  problem === undefined
    ? html``
    : html`<p class="problem" role="alert" id="problem">${problem}</p>`;

export interface Field {
  name: string;
  /** Where two fields of a page have one name. */
  id?: string;
  label: string;
  type?: "text" | "email" | "password";
  value?: string | undefined;
  autocomplete: string;
  hint?: string;
  inputMode?: "numeric";
  isFocused?: boolean;
  isOptional?: boolean;
  isInvalid?: boolean;
  maxLength?: number;
}

/** A label, an input, and what is good to know, tied together. */
export function field(one: Field): Html {
  const { name, id = name, label, type = "text", value, autocomplete, hint, inputMode } = one;
  const describedBy = [hint && `${id}-hint`, one.isInvalid && "problem"].filter(Boolean).join(" ");
  return html`<div class="field">
    <label for="${id}"
      >${label}${one.isOptional === true && html` <span class="optional">(optional)</span>`}</label
    >
    <input
      id="${id}"
      name="${name}"
      type="${type}"
      autocomplete="${autocomplete}"
      ${value === undefined ? "" : html` value="${value}"`}${inputMode === undefined ? "" : html` inputmode="${inputMode}"`}${describedBy === "" ? "" : html` aria-describedby="${describedBy}"`}${one.isInvalid === true && html` aria-invalid="true"`}${one.isOptional !== true && html` required`}${one.isFocused === true && html` autofocus`}
      maxlength="${one.maxLength ?? 512}"
      ${type === "text" || type === "email" ? html` autocapitalize="none" spellcheck="false"` : ""}
    />
    ${hint === undefined ? "" : html`<p class="hint" id="${id}-hint">${hint}</p>`}
  </div>`;
}

export const hidden = (name: string, value: string): Html =>
  html`<input type="hidden" name="${name}" value="${value}" />`;
