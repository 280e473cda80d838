import { Tabs } from "@mantine/core";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { useMay } from "../api/session.ts";
import { useAddresses } from "../api/addresses.ts";
import { PageHead } from "../parts/page-head.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import css from "./app-clients.module.css";

/** The head of both ways to call the API. */
export function AccessTabs({
  tab,
  children,
}: {
  tab: "appClients" | "apiKeys";
  children: ReactNode;
}) {
  const navigate = useNavigate();
  const may = useMay();
  const addresses = useAddresses();
  return (
    <>
      <PageHead
        title="API access"
        lead="Who may call your API. App clients exchange an id and a secret for short-lived tokens; API keys are sent as they are."
        actions={
          <div className={css["address"]}>
            <span className={css["addressLabel"]}>OAuth 2.0 authentication URL</span>
            <span className={css["addressValue"]}>
              <code>{addresses?.tokenUrl ?? "…"}</code>
              <CopyIcon text={addresses?.tokenUrl ?? ""} what="authentication URL" />
            </span>
          </div>
        }
      />
      <Tabs
        value={tab}
        onChange={(value) => void navigate(`/apiAccess/${value}`)}
        keepMounted={false}
      >
        <Tabs.List mb="md" aria-label="Kinds of access">
          {may("app_clients:read") && <Tabs.Tab value="appClients">App clients</Tabs.Tab>}
          {may("api_keys:read") && <Tabs.Tab value="apiKeys">API keys</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value={tab}>{children}</Tabs.Panel>
      </Tabs>
    </>
  );
}
