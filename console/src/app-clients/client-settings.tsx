import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { Button, Group, NumberInput, Stack, Textarea, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type FormEvent } from "react";
import { clientPath, useClientChange } from "../api/app-clients.ts";
import { ApiProblem, request } from "../api/request.ts";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { RoleFields, type ChosenRoles } from "./role-fields.tsx";

/** What an administrator changes about a client. */
export function ClientSettings({ client }: { client: AppClient }) {
  const [name, setName] = useState(client.name);
  const [description, setDescription] = useState(client.description);
  const [roles, setRoles] = useState<ChosenRoles>({
    api_roles: client.api_roles,
    corpus_roles: client.corpus_roles,
  });
  const [minutes, setMinutes] = useState<number | "">(
    client.token_lifetime_seconds === undefined ? "" : client.token_lifetime_seconds / 60,
  );
  const [uris, setUris] = useState(client.redirect_uris.join("\n"));
  const save = useClientChange((body: unknown) =>
    request<AppClient>("PATCH", clientPath(client.id), { body }),
  );
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const body = {
      name: name.trim(),
      description,
      ...roles,
      corpus_roles: roles.corpus_roles.filter(({ corpus_key: key }) => key !== ""),
      token_lifetime_seconds: minutes === "" ? null : Math.round(minutes * 60),
      ...(client.type === "authorization_code"
        ? {
            redirect_uris: uris
              .split("\n")
              .map((uri) => uri.trim())
              .filter(Boolean),
          }
        : {}),
    };
    const done = (): void =>
      void notifications.show({ message: `${body.name} is saved.`, color: "teal" });
    save.mutate(body, { onSuccess: done });
  };
  const fieldErrors = save.error instanceof ApiProblem ? save.error.fieldErrors : {};
  return (
    <Panel
      title="Settings"
      hint="A role that is taken away takes effect on tokens that are out already."
    >
      <form onSubmit={submit}>
        <Stack maw={640}>
          <TextInput
            label="Name"
            required
            maxLength={255}
            value={name}
            error={fieldErrors["name"]}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
          <Textarea
            label="Description"
            autosize
            minRows={2}
            maxLength={2000}
            value={description}
            onChange={({ currentTarget }) => setDescription(currentTarget.value)}
          />
          <RoleFields value={roles} onChange={setRoles} />
          {client.type === "authorization_code" && (
            <Textarea
              label="Redirect addresses"
              description="One on each line; they are compared exactly."
              autosize
              minRows={2}
              value={uris}
              error={fieldErrors["redirect_uris"]}
              onChange={({ currentTarget }) => setUris(currentTarget.value)}
            />
          )}
          <NumberInput
            label="Tokens live for"
            description="Empty: as long as the API says. Short ones are asked for more often."
            suffix=" minutes"
            min={0.5}
            max={1440}
            w={260}
            value={minutes}
            error={fieldErrors["token_lifetime_seconds"]}
            onChange={(value) => setMinutes(typeof value === "number" ? value : "")}
          />
          <Problem error={save.error} />
          <Group>
            <Button type="submit" loading={save.isPending}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
