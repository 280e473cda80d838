import { Button, Group, Menu, Skeleton, Tabs } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams } from "react-router";
import { clientQuery } from "../api/app-clients.ts";
import { useMay } from "../api/session.ts";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Problem } from "../parts/problem.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import css from "./app-clients.module.css";
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
  const { data: client, error, refetch } = useQuery(clientQuery(id));
  const back = (
    <Link className={css["back"]} to="/apiAccess/appClients">
      <Icon name="left" size={14} /> App clients
    </Link>
  );
  if (client === undefined) {
    return (
      <>
        <PageHead title="App client" above={back} />
        {error === null ? <Waiting /> : <Problem error={error} onRetry={() => void refetch()} />}
      </>
    );
  }
  const isPublic = client.token_endpoint_auth_method === "none";
  return (
    <>
      <PageHead
        title={client.name}
        above={back}
        lead={
          <span className={css["titleLine"]}>
            <Status state={client.enabled ? "active" : "disabled"} />
            <ShortId id={client.client_id} what="client ID" />
            {client.description}
          </span>
        }
        actions={
          <Group gap="xs">
            <ClientMenu
              client={client}
              target={
                <Menu.Target>
                  <Button variant="default" rightSection={<Icon name="down" size={14} />}>
                    Actions
                  </Button>
                </Menu.Target>
              }
            />
          </Group>
        }
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
          {may("app_clients:write") && <ClientSettings key={client.updated_at} client={client} />}
        </Tabs.Panel>
      </Tabs>
    </>
  );
}

const Waiting = () => (
  <>
    <Skeleton height={36} width={320} mb="lg" />
    <Skeleton height={220} radius="md" />
  </>
);
