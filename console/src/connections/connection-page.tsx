import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { Alert, Group, Input, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { connectionQuery, datasourceQuery } from "../api/datasources.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead, TitleLine } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { ValueField } from "../parts/secret-field.tsx";
import { ConnectButton } from "./connect-button.tsx";
import { ConnectionActions } from "./connection-actions.tsx";
import { ConnectionFacts } from "./connection-facts.tsx";
import { ConnectionState } from "./connection-state.tsx";
import { Exchanges } from "./exchanges.tsx";
import { Timeline } from "./timeline.tsx";
import { TryRequest } from "./try-request.tsx";

/** `/connections/:id`: how one connection is, why, and what can be done with it. */
export function ConnectionPage() {
  const { id = "" } = useParams();
  const may = useMay();
  const query = useQuery({
    ...connectionQuery(id),
    // Tokens are renewed, and end, without anybody here doing anything. Whoever is away at the provider
    // comes back in a window that this page cannot see.
    refetchInterval: ({ state: { data } }) => (data?.state === "connecting" ? 2_000 : 15_000),
  });
  const connection = query.data;
  const { data: datasource } = useQuery({
    ...datasourceQuery(connection?.datasource_id ?? ""),
    enabled: connection !== undefined && may("datasources:read"),
  });
  if (connection === undefined) {
    const back = <BackLink to="/datasources">Datasources</BackLink>;
    return <PendingPage title="Connection" above={back} query={query} />;
  }
  const name = datasource?.name ?? "Connection";
  return (
    <>
      <PageHead
        title={
          connection.owner === undefined ? `${name}, the team's` : `${name} of ${connection.owner}`
        }
        above={<BackLink to={`/datasources/${connection.datasource_id}`}>{name}</BackLink>}
        lead={
          <TitleLine>
            <ConnectionState connection={connection} />
            {connection.account !== undefined && <>as {connection.account}</>}
          </TitleLine>
        }
        actions={<ConnectionActions connection={connection} />}
      />
      {connection.reason !== undefined && <Reason reason={connection.reason} />}
      {connection.connect_url !== undefined && connection.enabled && (
        <Connect connection={connection} datasource={datasource} />
      )}
      <ConnectionFacts connection={connection} />
      {may("connections:use") && <TryRequest connection={connection} datasource={datasource} />}
      <Exchanges connection={connection} />
      {may("audit_events:read") && <Timeline connection={connection} />}
    </>
  );
}

const Reason = ({ reason }: { reason: NonNullable<Connection["reason"]> }) => (
  <Alert color="yellow" icon={<Icon name="warning" />} mb="lg" title={reason.message}>
    {reason.fix}
    {reason.provider !== undefined && (
      <Text size="sm" mt={6}>
        The provider said: <q>{reason.provider}</q>
      </Text>
    )}
  </Alert>
);

function Connect({
  connection,
  datasource,
}: {
  connection: Connection;
  datasource: Datasource | undefined;
}) {
  const isConnected = connection.obtained_at !== undefined && connection.state === "connected";
  return (
    <Panel
      title={isConnected ? "Connect again" : "Connect"}
      hint={
        isConnected
          ? "To allow more, or as another account. What is connected now goes on until then."
          : `Somebody signs in at ${datasource?.name ?? "the provider"} and allows access. Do it here, or send the link.`
      }
    >
      <Stack>
        <Group>
          <ConnectButton id={connection.id} label={isConnected ? "Reconnect" : "Connect now"} />
        </Group>
        <Input.Wrapper
          label="Link for somebody else"
          labelElement="div"
          description="Whoever opens it needs no account here. Good for a day, and once."
        >
          <ValueField value={connection.connect_url ?? ""} what="connect link" />
        </Input.Wrapper>
      </Stack>
    </Panel>
  );
}
