import { createApiReference } from "@scalar/api-reference";
import "@scalar/api-reference/style.css";

/** Its types do not know all that it reads. */
type Configuration = Parameters<typeof createApiReference>[1];

/** Draws an API document; `destroy` takes it away again. */
export function drawReference(
  element: Element,
  options: {
    document: object | string;
    isDark: boolean;
    send: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  },
): { destroy(): void } {
  const { document, isDark, send } = options;
  const configuration = {
    content: document as Record<string, unknown>,
    customFetch: send,
    // Everything comes from here, and goes where the document says: no fonts, proxies or statistics
    // of somebody else.
    withDefaultFonts: false,
    telemetry: false,
    agent: { disabled: true },
    mcp: { disabled: true },
    hideClientButton: true,
    showDeveloperTools: "never",
    hideDarkModeToggle: true,
    forceDarkModeState: isDark ? "dark" : "light",
    defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
    authentication: { preferredSecurityScheme: "bearer" },
  };
  return createApiReference(element, configuration as unknown as Configuration);
}
