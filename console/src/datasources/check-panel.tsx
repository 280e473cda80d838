import type {
  CheckDatasource,
  DatasourceCheck,
} from "@countersign/protocol/admin/datasource-checks.ts";
import { Alert, Button, Group, Stack, Switch, Text } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { request } from "../api/request.ts";
import { Icon } from "../parts/icon.tsx";
import { Problem } from "../parts/problem.tsx";

/** The doctor: calls what stands in the form, and says what is wrong. */
export function CheckPanel({ body }: { body: () => CheckDatasource }) {
  const [isDetecting, setDetecting] = useState(false);
  const check = useMutation({
    mutationFn: () =>
      request<DatasourceCheck>("POST", "/v2/datasources/check", {
        body: { ...body(), detect_client_authentication: isDetecting },
      }),
  });
  return (
    <Stack gap="sm">
      <Group>
        <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
          Check these settings
        </Button>
        <Switch
          label="Also find out which client authentication is taken: sends the secret to the token URL"
          checked={isDetecting}
          onChange={({ currentTarget }) => setDetecting(currentTarget.checked)}
        />
      </Group>
      <Problem error={check.error} />
      <div role="status">{check.data !== undefined && <Result result={check.data} />}</div>
    </Stack>
  );
}

const tones = {
  error: { color: "red", icon: "refusals" },
  warning: { color: "yellow", icon: "warning" },
  ok: { color: "teal", icon: "check" },
} as const;

const Result = ({
  result: { findings, client_authentication: detected },
}: {
  result: DatasourceCheck;
}) => (
  <Stack gap={8}>
    {findings.every(({ severity }) => severity === "ok") && (
      <Alert
        color="teal"
        icon={<Icon name="check" />}
        title="Nothing is wrong, as far as can be seen"
      >
        Whether a person is let in shows when somebody connects.
      </Alert>
    )}
    {findings.map(({ severity, field, cause, message, fix }) => (
      <Alert
        key={field + cause + message}
        color={tones[severity].color}
        icon={<Icon name={tones[severity].icon} />}
        title={message}
      >
        {fix} <code>{field}</code>
      </Alert>
    ))}
    {detected !== undefined && (
      <Text size="sm" c="dimmed">
        Tried:{" "}
        {detected.tried.map((one) => `${one.client_authentication} (${one.outcome})`).join(", ")}
      </Text>
    )}
  </Stack>
);
