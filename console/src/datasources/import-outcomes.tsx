import type { ImportedDatasources } from "@countersign/protocol/admin/datasource-import.ts";
import { Badge, Group, List, Text } from "@mantine/core";
import { RowName } from "../parts/row-name.tsx";
import css from "./datasources.module.css";

type Outcome = ImportedDatasources["datasources"][number];

/** What became, or would become, of each datasource of an export: why not, and what is left to do. */
export const ImportOutcomes = ({ outcomes }: { outcomes: readonly Outcome[] }) =>
  outcomes.length === 0 ? (
    <Text role="status">There is no datasource in this export.</Text>
  ) : (
    <ul className={css["outcomes"]} aria-label="Datasources of the export">
      {outcomes.map((one, index) => (
        <li key={index}>
          <Group gap="xs" justify="space-between" wrap="nowrap">
            <NameOf outcome={one} />
            <Badge color={meanings[one.outcome].color} autoContrast>
              {meanings[one.outcome].label}
            </Badge>
          </Group>
          {one.message !== undefined && <Text c="var(--bad)">{one.message}</Text>}
          {Object.entries(one.field_errors ?? {}).map(([field, why]) => (
            <Text key={field} c="var(--bad)">
              <code>{field}</code> {why}
            </Text>
          ))}
          {one.notes.length > 0 && (
            <List size="sm" mt={4}>
              {one.notes.map((note) => (
                <List.Item key={note}>{note}</List.Item>
              ))}
            </List>
          )}
        </li>
      ))}
    </ul>
  );

const NameOf = ({ outcome: { id, name } }: { outcome: Outcome }) =>
  id === undefined ? (
    <Text span fw={600}>
      {name}
    </Text>
  ) : (
    <RowName to={`/datasources/${id}/settings`}>{name}</RowName>
  );

const meanings: Readonly<Record<Outcome["outcome"], { label: string; color: string }>> = {
  would_be_created: { label: "Will be created", color: "accent" },
  created: { label: "Created", color: "green" },
  refused: { label: "Refused", color: "red" },
  skipped: { label: "Left out", color: "gray" },
  failed: { label: "Failed", color: "red" },
};
