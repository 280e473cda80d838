import type {
  Connection,
  ProviderExchange,
  ProviderExchangeList,
} from "@countersign/protocol/admin/connections.ts";
import { Accordion, Badge, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { connectionPath, connectionsPath } from "../api/datasources.ts";
import { read } from "../api/request.ts";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { Pending } from "../parts/pending.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Ago } from "../parts/time.tsx";

/** What was said to the provider: for who looks for a fault. */
export function Exchanges({ connection: { id } }: { connection: Connection }) {
  const query = useQuery({
    queryKey: [connectionsPath, id, "exchanges"],
    queryFn: read<ProviderExchangeList>(`${connectionPath(id)}/exchanges`),
    // They are written a moment after what they tell of.
    refetchInterval: 3_000,
  });
  return (
    <Panel
      title="What was said to the provider"
      hint="The last requests for tokens, as commands that can be run again. Secrets and tokens are not in them."
      isFlush
    >
      {query.data === undefined ? (
        <div className={parts["inset"]}>
          <Pending query={query} height={120} />
        </div>
      ) : query.data.exchanges.length === 0 ? (
        <Empty icon="datasource" title="Nothing yet" />
      ) : (
        <Accordion order={3} chevronPosition="left">
          {query.data.exchanges.map((one) => (
            <Item key={one.id} exchange={one} />
          ))}
        </Accordion>
      )}
    </Panel>
  );
}

const Item = ({ exchange }: { exchange: ProviderExchange }) => (
  <Accordion.Item value={exchange.id}>
    <Accordion.Control>
      <Group gap={10}>
        <Badge color={exchange.failure === undefined ? "teal" : "orange"} autoContrast>
          {exchange.status ?? "No answer"}
        </Badge>
        <Text fw={600}>{inWords(exchange.step)}</Text>
        <Text c="dimmed" size="sm">
          <Ago at={exchange.at} />, {exchange.duration_ms} ms
        </Text>
        {exchange.failure !== undefined && <Text size="sm">{exchange.failure.message}</Text>}
      </Group>
    </Accordion.Control>
    <Accordion.Panel>
      <Stack gap="sm">
        {exchange.failure !== undefined && <Text>{exchange.failure.fix}</Text>}
        {exchange.tolerances.map(({ code, message }) => (
          <Text key={code} size="sm" c="dimmed">
            Put up with: {message}
          </Text>
        ))}
        <Group justify="space-between">
          <Text size="sm" c="dimmed">
            Sent
          </Text>
          <CopyIcon text={exchange.curl} what="command" />
        </Group>
        <pre className={parts["code"]} tabIndex={0} aria-label="What was sent">
          {exchange.curl}
        </pre>
        {exchange.answer !== undefined && (
          <>
            <Text size="sm" c="dimmed">
              Answered
            </Text>
            <pre className={parts["code"]} tabIndex={0} aria-label="What was answered">
              {exchange.answer}
            </pre>
          </>
        )}
      </Stack>
    </Accordion.Panel>
  </Accordion.Item>
);
