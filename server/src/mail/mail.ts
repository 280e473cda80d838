import type { Log } from "../log.ts";

/**
 * Mail that people are waiting for. It is a courtesy: what it says was shown to somebody already, and
 * a server that does not take it stops nothing.
 */

export interface Mail {
  /** Whether the mail server took it. Never rejects, and says so within seconds. */
  send(message: MailMessage): Promise<boolean>;
}

export interface MailMessage {
  /** One address, taken as it is. */
  to: string;
  subject: string;
  text: string;
}

export interface MailOptions {
  /** `smtp://` or `smtps://`, with name and password where the server wants them. */
  url: string;
  from: string;
}

const connectMs = 5_000;
const idleMs = 10_000;
const loopbackHosts = new Set(["127.0.0.1", "localhost", "[::1]"]);

export function createMail({ url, from }: MailOptions, log: Log): Mail {
  const { hostname, port, protocol, username, password } = new URL(url);
  const isSecure = protocol === "smtps:";
  const settings = {
    host: hostname,
    port: Number(port === "" ? (isSecure ? 465 : 587) : port),
    secure: isSecure,
    // What a link can do must not be read on the way; on this machine there is none.
    requireTLS: !isSecure && !loopbackHosts.has(hostname),
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    socketTimeout: idleMs,
    ...(username === ""
      ? {}
      : { auth: { user: decodeURIComponent(username), pass: decodeURIComponent(password) } }),
  };
  return {
    async send({ to, subject, text }) {
      try {
        // Loaded by the first mail: most processes never send one.
        const { createTransport } = await import("nodemailer");
        const transport = createTransport(settings);
        // As an object an address is one, whatever characters it has.
        await transport.sendMail({ from, to: { name: "", address: to }, subject, text });
        return true;
      } catch (error) {
        // The answer of a mail server may repeat what was sent to it.
        const { code, responseCode } = error as { code?: string; responseCode?: number };
        log.warn({ code, responseCode }, "a mail was not taken by the mail server");
        return false;
      }
    },
  };
}
