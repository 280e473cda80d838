import { Alert, Button, Group, Text } from "@mantine/core";
import { Link } from "react-router";
import { ApiProblem } from "../api/request.ts";
import { ShowStored } from "./editing.tsx";

/** Why something did not work, with the reference under which it can be looked up. */
export function Problem({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  if (error === null || error === undefined) return null;
  const message = error instanceof Error ? error.message : "Something went wrong here.";
  const problem = error instanceof ApiProblem ? error : undefined;
  const fields = Object.entries(problem?.fieldErrors ?? {});
  return (
    <Alert color="red" variant="light" role="alert" title={message}>
      {fields.map(([name, why]) => (
        <Text size="sm" key={name}>
          <code>{name}</code> {why}
        </Text>
      ))}
      <Group gap="md">
        {problem?.requestId !== undefined && (
          <Text size="sm">
            Reference{" "}
            <Link to={`/refusals/${problem.requestId}`}>
              <code>{problem.requestId}</code>
            </Link>
          </Text>
        )}
        {problem?.status === 412 && <ShowStored />}
        {onRetry !== undefined && (
          <Button size="compact-sm" variant="default" onClick={onRetry}>
            Try again
          </Button>
        )}
      </Group>
    </Alert>
  );
}
