import { Group, Stack, Switch, TagsInput, Textarea } from "@mantine/core";
import {
  ChoiceSetting,
  clientAuthentications,
  errorOf,
  proposalOf,
  TextSetting,
  type FormState,
} from "./fields.tsx";
import { MatcherLines } from "./matcher-lines.tsx";
import { SealedLines } from "./sealed-lines.tsx";

/** What only some providers need. */
export function MoreFields({ form }: { form: FormState }) {
  return (
    <Stack>
      <Addresses form={form} />
      <Asking form={form} />
      <Proving form={form} />
      <Using form={form} />
      <Additions form={form} />
    </Stack>
  );
}

const Addresses = ({ form }: { form: FormState }) => (
  <>
    <TextSetting
      form={form}
      field="issuer"
      label="Issuer"
      description="What is missing above is read from its discovery document, and callbacks that name another are refused."
      placeholder="https://provider.example.com"
    />
    <TextSetting
      form={form}
      field="refresh_url"
      label="Refresh URL"
      description="Where tokens are refreshed, if not where they are got."
    />
    <TextSetting
      form={form}
      field="revocation_url"
      label="Revocation URL"
      description="Where tokens are given back when a connection is deleted."
    />
    <TextSetting
      form={form}
      field="introspection_url"
      label="Introspection URL"
      description="Where a token can be asked about."
    />
    <TextSetting
      form={form}
      field="userinfo_url"
      label="User info URL"
      description="Where one asks who has connected."
    />
  </>
);

const Asking = ({ form }: { form: FormState }) => (
  <>
    <Group grow align="flex-start" preventGrowOverflow={false}>
      <TextSetting form={form} field="audience" label="Audience" miw={200} />
      <TagsInput
        label="Resource"
        miw={200}
        value={form.draft.resource}
        error={errorOf(form.errors, "resource")}
        inputContainer={proposalOf(form, "resource")}
        onChange={(resource) => form.set({ resource })}
        acceptValueOnBlur
      />
    </Group>
    <Group grow align="flex-start" preventGrowOverflow={false}>
      <ChoiceSetting
        form={form}
        field="scope_separator"
        label="Scope separator"
        miw={160}
        data={[
          { value: " ", label: "A space" },
          { value: ",", label: "A comma" },
          { value: "+", label: "A plus sign" },
          { value: ";", label: "A semicolon" },
        ]}
      />
      <ChoiceSetting
        form={form}
        field="body_format"
        label="Parameters are sent"
        miw={160}
        data={[
          { value: "form", label: "As a form" },
          { value: "json", label: "As JSON" },
          { value: "query", label: "In the URL" },
        ]}
      />
      <ChoiceSetting
        form={form}
        field="pkce"
        label="PKCE"
        miw={160}
        data={[
          { value: "S256", label: "S256" },
          { value: "plain", label: "Plain" },
          { value: "off", label: "Off" },
        ]}
      />
    </Group>
    <ChoiceSetting
      form={form}
      field="refresh_client_authentication"
      label="Client authentication when refreshing"
      data={[{ value: "", label: "The same as above" }, ...clientAuthentications]}
    />
    <Switch
      label="Send the scopes with a refresh"
      checked={form.draft.send_scope_with_refresh}
      onChange={({ currentTarget }) => form.set({ send_scope_with_refresh: currentTarget.checked })}
    />
  </>
);

const Proving = ({ form }: { form: FormState }) => (
  <Switch
    label="Renew the token once when somebody has connected, to see that it works"
    checked={form.draft.prove_refresh}
    onChange={({ currentTarget }) => form.set({ prove_refresh: currentTarget.checked })}
  />
);

const Using = ({ form }: { form: FormState }) => (
  <>
    <TextSetting
      form={form}
      field="lifetime_seconds"
      label="Tokens live for, in seconds"
      description="Whatever the provider says. Empty: as it says."
      inputMode="numeric"
    />
    <TagsInput
      label="Allowed hosts"
      description="Hosts that may get the token beside the URL's; *.example.com for all below."
      value={form.draft.allowed_hosts}
      error={errorOf(form.errors, "allowed_hosts")}
      inputContainer={proposalOf(form, "allowed_hosts")}
      onChange={(hosts) => form.set({ allowed_hosts: hosts })}
      acceptValueOnBlur
    />
    <MatcherLines form={form} />
    <Textarea
      label="Certificate authority"
      description="Certificates in PEM form that count beside the usual ones."
      autosize
      minRows={2}
      maxRows={6}
      value={form.draft.certificate_authority}
      error={errorOf(form.errors, "certificate_authority")}
      onChange={({ currentTarget }) => form.set({ certificate_authority: currentTarget.value })}
    />
  </>
);

const additions = [
  { field: "custom_token_parameters", label: "Custom token parameters" },
  { field: "custom_token_headers", label: "Custom token headers" },
  { field: "custom_refresh_parameters", label: "Custom refresh parameters" },
  { field: "custom_refresh_headers", label: "Custom refresh headers" },
] as const;

const Additions = ({ form }: { form: FormState }) =>
  additions.map(({ field, label }) => (
    <SealedLines
      key={field}
      label={label}
      stored={form.storedNames[field] ?? []}
      value={form.draft[field]}
      error={errorOf(form.errors, field)}
      onChange={(value) => form.set({ [field]: value })}
    />
  ));
