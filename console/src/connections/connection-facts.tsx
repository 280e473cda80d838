import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { Badge, Group, Stack, Text } from "@mantine/core";
import { Fact, Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { Ago, Exactly } from "../parts/time.tsx";

/** Until when it works, with which rights, and what was put up with. */
export function ConnectionFacts({ connection }: { connection: Connection }) {
  const { requested_scopes: asked, granted_scopes: granted, missing_scopes: missing } = connection;
  return (
    <Panel title="About this connection">
      <Stack>
        <Facts>
          <Fact label="In this state">
            <Ago at={connection.since} />
          </Fact>
          <Fact label="Token got">
            <Ago at={connection.obtained_at} />
          </Fact>
          <Fact label="Token until">
            {connection.expires_at === undefined ? (
              <span className="muted">
                {connection.obtained_at === undefined ? "–" : "The provider did not say"}
              </span>
            ) : (
              <Exactly at={connection.expires_at} />
            )}
          </Fact>
          {connection.refresh_token_expires_at !== undefined && (
            <Fact label="Somebody has to connect again before">
              <Exactly at={connection.refresh_token_expires_at} />
            </Fact>
          )}
          {connection.next_try_at !== undefined && (
            <Fact label="Tried again">
              <Ago at={connection.next_try_at} />
            </Fact>
          )}
          <Fact label="Connection ID">
            <code>{connection.id}</code>
          </Fact>
        </Facts>
        <Scopes label="Asked for" names={asked} />
        {granted !== undefined && <Scopes label="Granted" names={granted} />}
        {missing.length > 0 && <Scopes label="Not granted" names={missing} color="orange" />}
        {connection.tolerances.length > 0 && (
          <div>
            <Text size="sm" c="dimmed">
              Put up with in the provider's answers
            </Text>
            {connection.tolerances.map(({ code, message }) => (
              <div key={code}>{message}</div>
            ))}
          </div>
        )}
      </Stack>
    </Panel>
  );
}

const Scopes = ({
  label,
  names,
  color = "gray",
}: {
  label: string;
  names: readonly string[];
  color?: string;
}) => (
  <div>
    <Text size="sm" c="dimmed" mb={4}>
      {label}
    </Text>
    {names.length === 0 ? (
      <span className="muted">No scopes</span>
    ) : (
      <Group gap={6}>
        {names.map((name) => (
          <Badge key={name} color={color} autoContrast ff="monospace" fw={450}>
            {name}
          </Badge>
        ))}
      </Group>
    )}
  </div>
);
