import type { ApiKeyPage } from "@countersign/protocol/admin/api-keys.ts";
import type { AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import type { Explain, Explanation } from "@countersign/protocol/admin/explain.ts";
import type { UserPage } from "@countersign/protocol/admin/users.ts";
import { Alert, Button, Select, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { read, request } from "../api/request.ts";
import { useCatalogue } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import css from "./roles.module.css";

/** Whether somebody may do something, and why: answered by what decides on every request. */
export function ExplainPanel() {
  const choices = usePrincipals();
  const catalogue = useCatalogue();
  const [who, setWho] = useState<string | null>(null);
  const [permission, setPermission] = useState<string | null>(null);
  const [corpus, setCorpus] = useState("");
  const ask = useMutation({
    mutationFn: (body: Explain) => request<Explanation>("POST", "/v2/explain", { body }),
  });
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    if (who === null || permission === null) return;
    const type = typeOf(who);
    const id = corpus.trim();
    const resource = id === "" ? {} : { resource: { type: "corpus", id } };
    ask.mutate({ principal: { type, id: who }, permission, ...resource });
  };
  const changed = <Value,>(set: (value: Value) => void) => {
    return (value: Value): void => {
      ask.reset();
      set(value);
    };
  };
  return (
    <Panel
      title="Why may somebody do something?"
      hint="The answer names the roles it comes from, or what is missing."
    >
      <form className={css["question"]} onSubmit={submit}>
        <Select
          label="Who"
          placeholder="An app client, a person or a key"
          searchable
          data={choices}
          value={who}
          onChange={changed(setWho)}
          nothingFoundMessage="Nobody is called so"
        />
        <Select
          label="Permission"
          placeholder="documents:write"
          searchable
          data={catalogue.map(({ of, permissions }) => ({
            group: of,
            items: permissions.map(({ name }) => name),
          }))}
          value={permission}
          onChange={changed(setPermission)}
          nothingFoundMessage="No permission is called so"
        />
        <TextInput
          label="On one corpus"
          placeholder="The whole account"
          value={corpus}
          onChange={({ currentTarget }) => changed(setCorpus)(currentTarget.value)}
        />
        <Button
          type="submit"
          variant="default"
          loading={ask.isPending}
          disabled={who === null || permission === null}
        >
          Explain
        </Button>
      </form>
      <div role="status">
        {ask.data !== undefined && (
          <Alert
            mt="md"
            color={ask.data.allowed ? "teal" : "yellow"}
            icon={<Icon name={ask.data.allowed ? "check" : "refusals"} />}
            title={ask.data.allowed ? "Yes" : "No"}
          >
            {ask.data.why}
          </Alert>
        )}
      </div>
      <Problem error={ask.error} />
    </Panel>
  );
}

function typeOf(id: string): Explain["principal"]["type"] {
  if (id.startsWith("usr_")) return "user";
  return id.startsWith("aky_") ? "api_key" : "app_client";
}

/** The newest hundred of each kind: who has more knows the API. */
function usePrincipals() {
  const may = useMay();
  const newest = { limit: 100 };
  const clients = useQuery({
    queryKey: ["/v2/app_clients", "choices"],
    queryFn: read<AppClientPage>("/v2/app_clients", newest),
    enabled: may("app_clients:read"),
  });
  const people = useQuery({
    queryKey: ["/v2/users", "choices"],
    queryFn: read<UserPage>("/v2/users", newest),
    enabled: may("users:list"),
  });
  const keys = useQuery({
    queryKey: ["/v2/api_keys", "choices"],
    queryFn: read<ApiKeyPage>("/v2/api_keys", newest),
    enabled: may("api_keys:read"),
  });
  return [
    { group: "App clients", items: (clients.data?.app_clients ?? []).map(toChoice) },
    {
      group: "People",
      items: (people.data?.users ?? []).map(({ id, username }) => toChoice({ id, name: username })),
    },
    { group: "API keys", items: (keys.data?.api_keys ?? []).map(toChoice) },
  ];
}

const toChoice = ({ id, name }: { id: string; name: string }) => ({ value: id, label: name });
