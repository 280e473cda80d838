import type { Api, UpdateApi } from "@countersign/protocol/admin/apis.ts";
import { signingAlgorithms } from "@countersign/protocol/oauth.ts";
import {
  Badge,
  Button,
  Group,
  NumberInput,
  Select,
  Skeleton,
  Stack,
  TextInput,
} from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link, useNavigate, useParams } from "react-router";
import { ApiProblem, request } from "../api/request.ts";
import { apiPath, apiQuery, useAccessChange } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { Confirm } from "../parts/confirm.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { PermissionBadges } from "../roles/permission-badges.tsx";
import { PermissionLines, withoutEmpty } from "./permission-lines.tsx";
import { Verifier } from "./verifier.tsx";

/** `/apis/:id`: one API, and what its tokens are like. */
export function ApiPage() {
  const { id = "" } = useParams();
  const may = useMay();
  const [isDeleting, setDeleting] = useState(false);
  const { data: api, error, refetch } = useQuery(apiQuery(id));
  if (api === undefined) {
    return (
      <>
        <PageHead title="API" above={back} />
        {error === null ? (
          <Skeleton height={220} radius="md" />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )}
      </>
    );
  }
  const mayWrite = may("apis:write");
  return (
    <>
      <PageHead
        title={api.name}
        above={back}
        lead={
          <span className={css["titleLine"]}>
            {api.is_default && <Badge color="teal">Default</Badge>}
            <code>{api.audience}</code>
            <CopyIcon text={api.audience} what="audience" />
          </span>
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
      {mayWrite ? <ApiSettings key={api.updated_at} api={api} /> : <Described api={api} />}
      <Verifier api={api} />
      {isDeleting && <DeleteApi api={api} onClose={() => setDeleting(false)} />}
    </>
  );
}

const back = (
  <Link to="/roles" className={css["back"]}>
    <Icon name="left" size={16} /> Roles and APIs
  </Link>
);

const Described = ({ api }: { api: Api }) => (
  <Panel
    title="Tokens for it"
    hint={`Signed with ${api.signing_algorithm}, for ${api.token_lifetime_seconds} seconds. They can say:`}
  >
    <PermissionBadges names={api.permissions.map(({ name }) => name)} />
  </Panel>
);

function DeleteApi({ api, onClose }: { api: Api; onClose: () => void }) {
  const navigate = useNavigate();
  const remove = useAccessChange(() => request("DELETE", apiPath(api.id)));
  const act = async (): Promise<void> => {
    await remove.mutateAsync(undefined);
    await navigate("/roles");
    notifications.show({ message: `${api.name} is deleted.` });
  };
  return (
    <Confirm title={`Delete ${api.name}?`} verb="Delete" isDangerous act={act} onClose={onClose}>
      Nobody gets tokens for it any more, those that are out stop counting where they are asked
      about, and its permissions go from all roles.
    </Confirm>
  );
}

function ApiSettings({ api }: { api: Api }) {
  const [name, setName] = useState(api.name);
  const [algorithm, setAlgorithm] = useState<Api["signing_algorithm"]>(api.signing_algorithm);
  const [seconds, setSeconds] = useState<number | string>(api.token_lifetime_seconds);
  const [openapiUrl, setOpenapiUrl] = useState(api.openapi_url ?? "");
  const [permissions, setPermissions] = useState(api.permissions);
  const save = useAccessChange((body: UpdateApi) =>
    request<Api>("PATCH", apiPath(api.id), { body }),
  );
  const errors = save.error instanceof ApiProblem ? save.error.fieldErrors : {};
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const url = openapiUrl.trim();
    const body = {
      name: name.trim(),
      signing_algorithm: algorithm,
      token_lifetime_seconds: Number(seconds),
      openapi_url: url === "" ? null : url,
      // The catalogue of the default API is built in.
      ...(api.is_default ? {} : { permissions: withoutEmpty(permissions) }),
    };
    save.mutate(body, {
      onSuccess: () => notifications.show({ message: `${name.trim()} is saved.` }),
    });
  };
  return (
    <Panel title="Tokens for it">
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Name"
            required
            maxLength={255}
            value={name}
            error={errors["name"]}
            onChange={({ currentTarget }) => setName(currentTarget.value)}
          />
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
          <Problem error={save.error} />
          <Group justify="flex-end">
            <Button type="submit" loading={save.isPending} disabled={name.trim() === ""}>
              Save
            </Button>
          </Group>
        </Stack>
      </form>
    </Panel>
  );
}
