import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { NumberInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { clientPath, useClientChange } from "../api/app-clients.ts";
import { fieldErrorsOf, request, type Versioned } from "../api/request.ts";
import { useReopen } from "../parts/editing.tsx";
import { Form } from "../parts/form.tsx";
import { DescriptionField, NameField } from "../parts/name-field.tsx";
import { Panel } from "../parts/panel.tsx";
import { linesOf, RedirectAddresses } from "./redirect-addresses.tsx";
import { RoleFields, type ChosenRoles } from "./role-fields.tsx";

/** What an administrator changes about a client. */
export function ClientSettings({ client }: { client: Versioned<AppClient> }) {
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
  const save = useClientChange(async () => {
    const body = {
      name: name.trim(),
      description,
      ...roles,
      corpus_roles: roles.corpus_roles.filter(({ corpus_key: key }) => key !== ""),
      token_lifetime_seconds: minutes === "" ? null : Math.round(minutes * 60),
      ...(client.type === "authorization_code" ? { redirect_uris: linesOf(uris) } : {}),
    };
    await request("PATCH", clientPath(client.id), { body, ifMatch: client.etag });
    notifications.show({ message: `${body.name} is saved.`, color: "teal" });
  });
  const reopen = useReopen();
  const errors = fieldErrorsOf(save.error);
  return (
    <Panel
      title="Settings"
      hint="A role that is taken away takes effect on tokens that are out already."
    >
      <Form
        maw={640}
        save={save}
        verb="Save"
        onSubmit={() => save.mutate(undefined, { onSuccess: reopen })}
      >
        <NameField value={name} error={errors["name"]} onChange={setName} />
        <DescriptionField minRows={2} value={description} onChange={setDescription} />
        <RoleFields value={roles} onChange={setRoles} />
        {client.type === "authorization_code" && (
          <RedirectAddresses value={uris} error={errors["redirect_uris"]} onChange={setUris} />
        )}
        <NumberInput
          label="Tokens live for"
          description="In minutes. Empty: as long as the API says. Short ones are asked for more often."
          suffix=" minutes"
          min={0.5}
          max={1440}
          w={260}
          value={minutes}
          error={errors["token_lifetime_seconds"]}
          onChange={(value) => setMinutes(typeof value === "number" ? value : "")}
        />
      </Form>
    </Panel>
  );
}
