import type { CheckDatasource } from "@countersign/protocol/admin/datasource-checks.ts";
import type { DatasourceProfile } from "@countersign/protocol/admin/datasource-profiles.ts";
import { Accordion, Alert, Select } from "@mantine/core";
import { useState } from "react";
import { fieldErrorsOf } from "../api/request.ts";
import { Form } from "../parts/form.tsx";
import { Icon } from "../parts/icon.tsx";
import { CheckPanel } from "./check-panel.tsx";
import { draftOf, isSame, type Draft, type DraftField } from "./draft.ts";
import { TextSetting, type FormState } from "./fields.tsx";
import { MainFields } from "./main-fields.tsx";
import { MoreFields } from "./more-fields.tsx";
import { proposalsOf } from "./proposals.ts";

/** Which secrets there are already. */
export interface Stored {
  secret: boolean;
  key: boolean;
  names: FormState["storedNames"];
}

const nothingStored: Stored = { secret: false, key: false, names: {} };

/** What is asked about an outside API; the same for a new one and one that is there. */
export function DatasourceForm({
  initial,
  profiles,
  stored = nothingStored,
  redirectUrl,
  verb,
  save,
  isUnchangedRefused = false,
  toCheck,
  onSubmit,
  onCancel,
}: {
  initial: Draft;
  profiles: readonly DatasourceProfile[];
  stored?: Stored;
  redirectUrl: string | undefined;
  verb: string;
  save: { error: unknown; isPending: boolean };
  isUnchangedRefused?: boolean;
  /** What is checked before it is saved. */
  toCheck: (draft: Draft) => CheckDatasource;
  onSubmit: (draft: Draft) => void;
  onCancel?: () => void;
}) {
  const [draft, setDraft] = useState(initial);
  const errors = fieldErrorsOf(save.error);
  const set = (own: Partial<Draft>): void => setDraft({ ...draft, ...own });
  const proposed = proposalsOf(profiles, draft.profile);
  const form: FormState = { draft, errors, storedNames: stored.names, proposed, set };
  const profile = profiles.find(({ name }) => name === draft.profile);
  const isUnchanged = isUnchangedRefused && JSON.stringify(draft) === JSON.stringify(initial);
  return (
    <Form
      save={save}
      verb={verb}
      isReady={!isUnchanged && draft.name.trim() !== "" && draft.client_id.trim() !== ""}
      onSubmit={() => onSubmit(draft)}
      onCancel={onCancel}
    >
      <Select
        label="Provider"
        description="What is known of it is filled in. Any other works with the standard's own rules."
        searchable
        data={profiles.map(({ name, title }) => ({ value: name, label: title }))}
        value={draft.profile}
        onChange={(name) => setDraft(withProfile(draft, profiles, name ?? draft.profile))}
        nothingFoundMessage="Choose “Any OAuth 2.0 provider” for it"
      />
      {profile !== undefined && <ProfileNotes profile={profile} draft={draft} />}
      <TextSetting
        form={form}
        field="name"
        label="Name"
        description="Shown to people, also to those who connect."
        required
        maxLength={255}
      />
      <MainFields
        form={form}
        variables={profile?.variables ?? []}
        stored={stored}
        redirectUrl={redirectUrl}
      />
      <Accordion variant="separated" order={3}>
        <Accordion.Item value="more">
          <Accordion.Control>More settings</Accordion.Control>
          <Accordion.Panel>
            <MoreFields form={form} />
          </Accordion.Panel>
        </Accordion.Item>
      </Accordion>
      <CheckPanel body={() => toCheck(draft)} />
    </Form>
  );
}

/** What a person typed stays; the rest is what the other profile proposes. */
function withProfile(draft: Draft, profiles: readonly DatasourceProfile[], name: string): Draft {
  const of = (wanted: string) => profiles.find((profile) => profile.name === wanted);
  const [before, after] = [of(draft.profile), of(name)];
  if (after === undefined) return draft;
  const [had, proposed] = [draftOf(before?.settings ?? {}), draftOf(after.settings)];
  const typed = (Object.keys(draft) as DraftField[]).filter(
    (field) => !isSame(draft[field], had[field]),
  );
  const kept = Object.fromEntries(typed.map((field) => [field, draft[field]])) as Partial<Draft>;
  const title = before?.title;
  const isNamedSo = draft.name === "" || draft.name === title;
  return { ...proposed, ...kept, profile: name, name: isNamedSo ? after.title : draft.name };
}

function ProfileNotes({ profile, draft }: { profile: DatasourceProfile; draft: Draft }) {
  const scope = profile.offline?.scope;
  const isOffline = scope === undefined || draft.scopes.split(/[\s,]+/).includes(scope);
  const needsPerson = draft.grant_type === "authorization_code";
  const notes = [
    ...profile.notes,
    ...(needsPerson && !isOffline
      ? [`Ask for the scope ${scope} to be given a refresh token.`]
      : []),
    ...(needsPerson && !profile.can_refresh ? ["Its tokens cannot be renewed."] : []),
  ];
  if (notes.length === 0) return null;
  return (
    <Alert color="yellow" icon={<Icon name="warning" />}>
      {notes.map((note) => (
        <div key={note}>{note}</div>
      ))}
    </Alert>
  );
}
