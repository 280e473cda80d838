import assert from "node:assert/strict";
import type { TestServer } from "./server.ts";

/**
 * Somebody with a browser, as far as the server can tell: keeps cookies, sends forms with their hidden
 * fields and the headers that a browser adds, and follows nothing by itself.
 */

export interface PageAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** Where it sends one, if anywhere. */
  location: string | undefined;
}

export interface Visitor {
  cookies: Map<string, string>;
  /** Every `Set-Cookie` that came. */
  setCookies: string[];
  get(path: string, headers?: Record<string, string>): Promise<PageAnswer>;
  /** Fills in the form of the page at `path` whose action is `action`, and sends it. */
  submit(path: string, fields: Record<string, string>, action?: string): Promise<PageAnswer>;
  /** Sends fields as they are. */
  post(
    path: string,
    fields: Record<string, string>,
    headers?: Record<string, string>,
  ): Promise<PageAnswer>;
  signIn(email: string, password: string): Promise<PageAnswer>;
}

interface Init extends RequestInit {
  headers: Record<string, string>;
}

export function createVisitor({ url }: Pick<TestServer, "url">): Visitor {
  const cookies = new Map<string, string>();
  const setCookies: string[] = [];

  async function send(path: string, init: Init): Promise<PageAnswer> {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = { ...(cookie === "" ? {} : { cookie }), ...init.headers };
    const response = await fetch(url + path, { ...init, headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) {
      setCookies.push(line);
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0/i.test(line)) cookies.delete(name);
      else cookies.set(name, value);
    }
    return {
      status: response.status,
      headers: response.headers,
      text: await response.text(),
      location: response.headers.get("location") ?? undefined,
    };
  }

  const get: Visitor["get"] = (path, headers = {}) => send(path, { headers });
  const post: Visitor["post"] = (path, fields, headers = { origin: url }) =>
    send(path, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
      body: new URLSearchParams(fields).toString(),
    });

  const submit: Visitor["submit"] = async (path, fields, action) => {
    const { text, status } = await get(path);
    assert.equal(status, 200, `${path} has no form: ${status}`);
    const forms = [...text.matchAll(/<form method="post" action="([^"]+)">(.*?)<\/form>/gs)];
    const form = forms.find(([, target]) => action === undefined || target === action);
    assert.ok(form !== undefined, `${path} has no form to ${action}`);
    const [, target = "", body = ""] = form;
    const filled: Record<string, string> = {};
    for (const [input] of body.matchAll(/<input [^>]*>/g)) {
      const name = / name="([^"]+)"/.exec(input)?.[1];
      const value = / value="([^"]*)"/.exec(input)?.[1];
      if (name !== undefined && value !== undefined) filled[name] = unescaped(value);
    }
    return post(target, { ...filled, ...fields });
  };

  return {
    cookies,
    setCookies,
    get,
    submit,
    post,
    signIn: (email, password) => submit("/login", { email, password }, "/login"),
  };
}

const unescaped = (text: string): string =>
  text
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&amp;", "&");
