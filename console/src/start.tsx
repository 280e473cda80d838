import "@fontsource-variable/inter/wght.css";
import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./styles.css";
import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { setNonce } from "get-nonce";
import { StrictMode, type ReactNode } from "react";
import { createRoot } from "react-dom/client";
import { ApiProblem } from "./api/request.ts";
import { SignedOut } from "./parts/signed-out.tsx";
import { theme } from "./theme.ts";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="style-nonce"]')?.content ?? "";
setNonce(nonce);

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused would be refused again; what failed may come back.
      retry: (count, error) =>
        count < 2 && (!(error instanceof ApiProblem) || error.status === 0 || error.status >= 500),
    },
  },
});

/** What every page of ours stands in: the theme, and the memory of what was asked for. */
export function start(page: ReactNode): void {
  createRoot(document.querySelector("#root")!).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <MantineProvider theme={theme} defaultColorScheme="auto" getStyleNonce={() => nonce}>
          <Notifications position="bottom-right" autoClose={4_000} />
          {page}
          <SignedOut />
        </MantineProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
