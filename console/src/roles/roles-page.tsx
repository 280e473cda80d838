import type { ApiPage } from "@countersign/protocol/admin/apis.ts";
import type { Role, RolePage } from "@countersign/protocol/admin/roles.ts";
import { permissions } from "@countersign/protocol/permissions.ts";
import { Accordion, Badge, Group, Skeleton, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { read } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { CopyIcon } from "../parts/copy-button.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { inWords } from "../parts/role-badges.tsx";

/** `/roles`: what each role permits, and on which APIs. */
export function RolesPage() {
  const may = useMay();
  return (
    <>
      <PageHead
        title="Roles and APIs"
        lead="A role is a named set of permissions. An API is who tokens are for; its permissions are what a token can say."
      />
      {may("roles:read") && <Roles />}
      {may("apis:read") && <Apis />}
    </>
  );
}

function Roles() {
  const { data, error, refetch } = useQuery({
    queryKey: ["/v2/roles", "all"],
    queryFn: read<RolePage>("/v2/roles", { limit: 100 }),
  });
  return (
    <Panel title="Roles" isFlush>
      {data === undefined ? (
        error === null ? (
          <Skeleton height={420} radius={0} />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )
      ) : (
        <Accordion order={3} chevronPosition="left">
          {data.roles.map((role) => (
            <RoleItem key={role.name} role={role} />
          ))}
        </Accordion>
      )}
    </Panel>
  );
}

const RoleItem = ({ role }: { role: Role }) => (
  <Accordion.Item value={role.name}>
    <Accordion.Control>
      <Group gap={10}>
        <Text fw={600}>{inWords(role.name)}</Text>
        {!role.built_in && <Badge>Your own</Badge>}
        <Text c="dimmed">{role.description}</Text>
      </Group>
    </Accordion.Control>
    <Accordion.Panel>
      <Permissions names={role.permissions} />
      {Object.entries(role.permissions_on ?? {}).map(([type, names]) => (
        <div key={type}>
          <Text size="sm" c="dimmed" mt="sm" mb={6}>
            On one {type}
          </Text>
          <Permissions names={names} />
        </div>
      ))}
    </Accordion.Panel>
  </Accordion.Item>
);

const Permissions = ({ names }: { names: readonly string[] }) => (
  <Group gap={6}>
    {names.map((name) => (
      <Badge
        key={name}
        color="gray"
        autoContrast
        ff="monospace"
        fw={450}
        title={(permissions as Readonly<Record<string, string>>)[name]}
      >
        {name}
      </Badge>
    ))}
  </Group>
);

function Apis() {
  const { data, error, refetch } = useQuery({
    queryKey: ["/v2/apis"],
    queryFn: read<ApiPage>("/v2/apis", { limit: 100 }),
  });
  if (data === undefined) {
    return error === null ? (
      <Skeleton height={120} radius="md" />
    ) : (
      <Problem error={error} onRetry={() => void refetch()} />
    );
  }
  return (
    <Panel title="APIs" isFlush>
      <Accordion order={3} chevronPosition="left">
        {data.apis.map((api) => (
          <Accordion.Item key={api.id} value={api.id}>
            <Accordion.Control>
              <Group gap={10}>
                <Text fw={600}>{api.name}</Text>
                {api.is_default && <Badge color="teal">Default</Badge>}
                <Text c="dimmed" ff="monospace" size="sm">
                  {api.audience}
                </Text>
              </Group>
            </Accordion.Control>
            <Accordion.Panel>
              <Group gap={4} mb="sm">
                <Text size="sm" c="dimmed">
                  Audience <code>{api.audience}</code>
                </Text>
                <CopyIcon text={api.audience} what="audience" />
                <Text size="sm" c="dimmed">
                  Signed with {api.signing_algorithm}, for {api.token_lifetime_seconds / 60} minutes
                </Text>
              </Group>
              <Permissions names={api.permissions.map(({ name }) => name)} />
            </Accordion.Panel>
          </Accordion.Item>
        ))}
      </Accordion>
    </Panel>
  );
}
