import type { Api, UpdateApi } from "@countersign/protocol/admin/apis.ts";
import { signingAlgorithms } from "@countersign/protocol/oauth.ts";
import { Badge, Button, Group, NumberInput, Select, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { fieldErrorsOf, request, type Versioned } from "../api/request.ts";
import { apiPath, apiQuery, useAccessChange } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { ConfirmDelete } from "../parts/confirm-delete.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Editing, useReopen } from "../parts/editing.tsx";
import { Form } from "../parts/form.tsx";
import { NameField } from "../parts/name-field.tsx";
import { PageHead, TitleLine } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { PermissionBadges } from "../roles/permission-badges.tsx";
import { PermissionLines, withoutEmpty } from "./permission-lines.tsx";
import { Verifier } from "./verifier.tsx";

/** `/apis/:id`: one API, and what its tokens are like. */
export function ApiPage() {
  const { id = "" } = useParams();
  const may = useMay();
  const [isDeleting, setDeleting] = useState(false);
  const query = useQuery(apiQuery(id));
  const api = query.data;
  if (api === undefined) return <PendingPage title="API" above={back} query={query} />;
  const mayWrite = may("apis:write");
  return (
    <>
      <PageHead
        title={api.name}
        above={back}
        lead={
          <TitleLine>
            {api.is_default && <Badge color="teal">Default</Badge>}
            <code>{api.audience}</code>
            <CopyIcon text={api.audience} what="audience" />
          </TitleLine>
        }
        actions={
          mayWrite &&
          !api.is_default && (
            <Button variant="default" c="var(--bad)" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          )
        }
      />
      {mayWrite ? (
        <Editing thing={api}>{(opened) => <ApiSettings api={opened} />}</Editing>
      ) : (
        <Described api={api} />
      )}
      <Verifier api={api} />
      {isDeleting && <DeleteApi api={api} onClose={() => setDeleting(false)} />}
    </>
  );
}

const back = <BackLink to="/roles">Roles and APIs</BackLink>;

const Described = ({ api }: { api: Api }) => (
  <Panel
    title="Tokens for it"
    hint={`Signed with ${api.signing_algorithm}, for ${api.token_lifetime_seconds} seconds. They can say:`}
  >
    <PermissionBadges names={api.permissions.map(({ name }) => name)} />
  </Panel>
);

const DeleteApi = ({ api, onClose }: { api: Api; onClose: () => void }) => (
  <ConfirmDelete what={api.name} path={apiPath(api.id)} leaveTo="/roles" onClose={onClose}>
    Nobody gets tokens for it any more, those that are out stop counting where they are asked about,
    and its permissions go from all roles.
  </ConfirmDelete>
);

function ApiSettings({ api }: { api: Versioned<Api> }) {
  const [name, setName] = useState(api.name);
  const [algorithm, setAlgorithm] = useState<Api["signing_algorithm"]>(api.signing_algorithm);
  const [seconds, setSeconds] = useState<number | string>(api.token_lifetime_seconds);
  const [openapiUrl, setOpenapiUrl] = useState(api.openapi_url ?? "");
  const [permissions, setPermissions] = useState(api.permissions);
  const save = useAccessChange(async () => {
    const url = openapiUrl.trim();
    const body: UpdateApi = {
      name: name.trim(),
      signing_algorithm: algorithm,
      token_lifetime_seconds: Number(seconds),
      openapi_url: url === "" ? null : url,
      // The catalogue of the default API is built in.
      ...(api.is_default ? {} : { permissions: withoutEmpty(permissions) }),
    };
    await request("PATCH", apiPath(api.id), { body, ifMatch: api.etag });
    notifications.show({ message: `${name.trim()} is saved.` });
  });
  const reopen = useReopen();
  const errors = fieldErrorsOf(save.error);
  return (
    <Panel title="Tokens for it">
      <Form
        save={save}
        verb="Save"
        isReady={name.trim() !== ""}
        onSubmit={() => save.mutate(undefined, { onSuccess: reopen })}
      >
        <NameField value={name} error={errors["name"]} onChange={setName} />
        <Group grow align="flex-start" preventGrowOverflow={false}>
          <Select
            miw={200}
            label="Signed with"
            description="RS256 only for verifiers that know nothing newer."
            data={[...signingAlgorithms]}
            value={algorithm}
            error={errors["signing_algorithm"]}
            onChange={(value) => setAlgorithm((value as typeof algorithm) ?? algorithm)}
          />
          <NumberInput
            miw={200}
            label="Tokens live for, in seconds"
            description="Where a client does not say otherwise."
            min={30}
            max={86_400}
            allowDecimal={false}
            value={seconds}
            error={errors["token_lifetime_seconds"]}
            onChange={setSeconds}
          />
        </Group>
        <TextInput
          label="OpenAPI document"
          description="Its address; the API reference shows it."
          placeholder="https://api.example.com/openapi.json"
          maxLength={2000}
          value={openapiUrl}
          error={errors["openapi_url"]}
          onChange={({ currentTarget }) => setOpenapiUrl(currentTarget.value)}
        />
        {api.is_default ? (
          <PermissionBadges names={api.permissions.map((one) => one.name)} />
        ) : (
          <PermissionLines value={permissions} errors={errors} onChange={setPermissions} />
        )}
      </Form>
    </Panel>
  );
}
