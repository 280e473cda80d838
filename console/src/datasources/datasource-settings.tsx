import type { Datasource } from "@countersign/protocol/admin/datasources.ts";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { datasourcePath, profilesQuery, useOutboundChange } from "../api/datasources.ts";
import { request, type Versioned } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { Confirm } from "../parts/confirm.tsx";
import { useReopen } from "../parts/editing.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Panel } from "../parts/panel.tsx";
import { DatasourceForm, type Stored } from "./datasource-form.tsx";
import {
  bodyOf,
  changedFields,
  draftOf,
  mayDisconnect,
  withoutEmpty,
  type Draft,
} from "./draft.ts";
import { proposalsOf, updateBody } from "./proposals.ts";

/** What was said about an outside API, to be read or changed. */
export function DatasourceSettings({ datasource }: { datasource: Versioned<Datasource> }) {
  const may = useMay();
  return (
    <Panel title="Settings">
      {may("datasources:write") ? (
        <Form datasource={datasource} />
      ) : (
        <Described datasource={datasource} />
      )}
    </Panel>
  );
}

function Form({ datasource }: { datasource: Versioned<Datasource> }) {
  const { data } = useQuery(profilesQuery);
  const [asked, setAsked] = useState<Draft>();
  const stored = draftOf(datasource, datasource.name);
  const save = useOutboundChange(async (draft: Draft) => {
    const proposed = proposalsOf(data?.profiles ?? [], draft.profile);
    const body = updateBody(stored, draft, proposed);
    await request("PATCH", datasourcePath(datasource.id), { body, ifMatch: datasource.etag });
    notifications.show({ message: `${datasource.name} is saved.` });
  });
  const reopen = useReopen();
  const { connected = 0, refreshing = 0, uncertain = 0 } = datasource.connection_counts;
  const holding = connected + refreshing + uncertain;
  const submit = (draft: Draft): void => {
    if (holding > 0 && mayDisconnect(stored, draft)) setAsked(draft);
    else save.mutate(draft, { onSuccess: reopen });
  };
  if (data === undefined) return null;
  return (
    <>
      <DatasourceForm
        initial={stored}
        profiles={data.profiles}
        stored={storedIn(datasource)}
        redirectUrl={datasource.redirect_url}
        verb="Save"
        save={save}
        isUnchangedRefused
        toCheck={(draft) => ({
          ...withoutEmpty(bodyOf(draft, changedFields(stored, draft))),
          datasource_id: datasource.id,
        })}
        onSubmit={submit}
      />
      {asked !== undefined && (
        <Confirm
          title="Save what tokens are tied to?"
          verb="Save"
          act={async () => {
            await save.mutateAsync(asked);
            reopen();
          }}
          onClose={() => setAsked(undefined)}
        >
          {holding === 1 ? "1 connection holds" : `${holding} connections hold`} tokens that may not
          count with the new settings. Those have to be connected again
          {datasource.grant_type === "client_credentials" && ", which happens by itself"}.
        </Confirm>
      )}
    </>
  );
}

const namesOf = (lines: { key: string }[]): string[] => lines.map(({ key }) => key);

const storedIn = (datasource: Datasource): Stored => ({
  secret: datasource.has_client_secret,
  key: datasource.has_private_key,
  names: {
    custom_token_parameters: namesOf(datasource.custom_token_parameters),
    custom_token_headers: namesOf(datasource.custom_token_headers),
    custom_refresh_parameters: namesOf(datasource.custom_refresh_parameters),
    custom_refresh_headers: namesOf(datasource.custom_refresh_headers),
  },
});

const Described = ({ datasource }: { datasource: Datasource }) => (
  <Facts>
    {facts(datasource).map(([label, value]) => (
      <Fact key={label} label={label}>
        {value === undefined || value === "" ? "–" : value}
      </Fact>
    ))}
  </Facts>
);

const facts = (datasource: Datasource): [string, string | undefined][] => [
  ["Grant Type", datasource.grant_type],
  ["Access Token URL", datasource.access_token_url],
  ["Authorization URL", datasource.authorization_url],
  ["Client ID", datasource.client_id],
  ["Scope(s)", datasource.scopes.join(", ")],
  ["Client Authentication", datasource.client_authentication],
  ["Redirect URL", datasource.redirect_url],
];
