import type { Connection, CreateConnection } from "@countersign/protocol/admin/connections.ts";
import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { PasswordInput, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { datasourcePath, useOutboundChange } from "../api/datasources.ts";
import { useCreation } from "../api/creation.ts";
import { fieldErrorsOf } from "../api/request.ts";
import { Form } from "../parts/form.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** A connection for the team, or for one end user; with tokens that are there already, or without. */
export function NewConnection({
  datasource,
  onClose,
}: {
  datasource: Datasource;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const [whose, setWhose] = useState("team");
  const [owner, setOwner] = useState("");
  const [refreshToken, setRefreshToken] = useState("");
  const create = useOutboundChange(
    useCreation<Connection>(`${datasourcePath(datasource.id)}/connections`),
  );
  const errors = fieldErrorsOf(create.error);
  const isMachine = datasource.grant_type === "client_credentials";
  const submit = (): void => {
    const body: CreateConnection = {
      ...(whose === "team" ? {} : { owner: owner.trim() }),
      ...(refreshToken.trim() === "" ? {} : { refresh_token: refreshToken.trim() }),
    };
    create.mutate(body, { onSuccess: ({ id }) => void navigate(`/connections/${id}`) });
  };
  return (
    <Dialog onClose={onClose} title={`Connect ${datasource.name}`}>
      <Form
        save={create}
        verb="Go on"
        isReady={whose === "team" || owner.trim() !== ""}
        onSubmit={submit}
        onCancel={onClose}
      >
        <Radio.Group label="Whose connection is it?" value={whose} onChange={setWhose}>
          <Stack gap={8} mt={8}>
            <Radio value="team" label="The team's" description="Shared by all who may use it." />
            <Radio
              value="user"
              label="One end user's"
              description="They allow access to their own account."
            />
          </Stack>
        </Radio.Group>
        {whose === "user" && (
          <TextInput
            label="Your id of the end user"
            required
            maxLength={200}
            value={owner}
            error={errors["owner"]}
            onChange={({ currentTarget }) => setOwner(currentTarget.value)}
          />
        )}
        {isMachine ? (
          <Text c="dimmed" size="sm">
            It needs nobody: the first use gets the token.
          </Text>
        ) : (
          <PasswordInput
            label="Refresh token"
            description="If you have one already, nobody has to connect again. Otherwise leave it empty."
            autoComplete="off"
            value={refreshToken}
            error={errors["refresh_token"]}
            onChange={({ currentTarget }) => setRefreshToken(currentTarget.value)}
            visibilityToggleButtonProps={{ "aria-label": "Show what was typed" }}
          />
        )}
      </Form>
    </Dialog>
  );
}
