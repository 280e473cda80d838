import { Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "react-router";
import { clientQuery } from "../api/app-clients.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { Editing } from "../parts/editing.tsx";
import { PageHead, TitleLine } from "../parts/page-head.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import { ClientMenu } from "./client-menu.tsx";
import { ClientOverview } from "./client-overview.tsx";
import { ClientSettings } from "./client-settings.tsx";
import { Credentials } from "./credentials.tsx";
import { Examples } from "./examples.tsx";

/** `/apiAccess/appClients/{id}`: one app client, and all that is known about it. */
export function AppClientPage() {
  const { id = "", tab = "overview" } = useParams();
  const navigate = useNavigate();
  const may = useMay();
  const query = useQuery(clientQuery(id));
  const client = query.data;
  if (client === undefined) return <PendingPage title="App client" above={back} query={query} />;
  const isPublic = client.token_endpoint_auth_method === "none";
  return (
    <>
      <PageHead
        title={client.name}
        above={back}
        lead={
          <TitleLine>
            <Status state={client.enabled ? "active" : "disabled"} />
            <ShortId id={client.client_id} what="client ID" />
            {client.description}
          </TitleLine>
        }
        actions={<ClientMenu client={client} where="page" />}
      />
      <Tabs
        value={tab}
        onChange={(next) =>
          void navigate(`/apiAccess/appClients/${id}/${next ?? ""}`, { replace: true })
        }
        keepMounted={false}
      >
        <Tabs.List mb="lg">
          <Tabs.Tab value="overview">Overview</Tabs.Tab>
          {!isPublic && <Tabs.Tab value="credentials">Credentials</Tabs.Tab>}
          <Tabs.Tab value="examples">Examples</Tabs.Tab>
          {may("app_clients:write") && <Tabs.Tab value="settings">Settings</Tabs.Tab>}
        </Tabs.List>
        <Tabs.Panel value="overview">
          <ClientOverview client={client} />
        </Tabs.Panel>
        <Tabs.Panel value="credentials">
          <Credentials client={client} />
        </Tabs.Panel>
        <Tabs.Panel value="examples">
          <Examples client={client} />
        </Tabs.Panel>
        <Tabs.Panel value="settings">
          {may("app_clients:write") && (
            <Editing thing={client}>{(opened) => <ClientSettings client={opened} />}</Editing>
          )}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

const back = <BackLink to="/apiAccess/appClients">App clients</BackLink>;
