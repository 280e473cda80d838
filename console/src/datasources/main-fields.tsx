import { Group, Input, PasswordInput, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { inWords } from "../parts/role-badges.tsx";
import { ValueField } from "../parts/secret-field.tsx";
import { ClientAuthentication } from "./client-authentication.tsx";
import { ChoiceSetting, errorOf, TextSetting, type FormState } from "./fields.tsx";
import { NamedLines } from "./named-lines.tsx";
import { withProposal } from "./proposal.tsx";

/** The fields that nearly every datasource needs, by the names that people know them by. */
export function MainFields({
  form,
  variables,
  stored,
  redirectUrl,
}: {
  form: FormState;
  /** What the profile's URLs leave open. */
  variables: readonly string[];
  /** Which secrets there are already. */
  stored: { secret: boolean; key: boolean };
  redirectUrl: string | undefined;
}) {
  const needsPerson = form.draft.grant_type === "authorization_code";
  return (
    <Stack>
      <GrantType form={form} />
      <TextSetting
        form={form}
        field="base_url"
        label="URL"
        description="Where the API is. Requests through a connection go below it, and tokens to no other host."
        placeholder="https://api.example.com/v1"
      />
      <WhereTheTokenGoes form={form} />
      {variables.map((name) => (
        <Variable key={name} form={form} name={name} />
      ))}
      <TextSetting
        form={form}
        field="access_token_url"
        label="Access Token URL"
        description="Where tokens are got."
        placeholder="https://provider.example.com/oauth/token"
      />
      <ClientCredentials form={form} hasSecret={stored.secret} />
      <TextSetting
        form={form}
        field="scopes"
        label="Scope(s)"
        description="With commas between them. They are sent with the separator that the provider wants."
        placeholder="files:read, files:write"
      />
      {needsPerson && <AskingAPerson form={form} />}
      <ClientAuthentication form={form} hasKey={stored.key} />
      {needsPerson && redirectUrl !== undefined && (
        <Input.Wrapper
          label="Redirect URL"
          labelElement="div"
          description="Register this address at the provider, letter by letter."
        >
          <ValueField value={redirectUrl} what="redirect URL" />
        </Input.Wrapper>
      )}
    </Stack>
  );
}

const grantHints = {
  authorization_code: "A person allows access once; from then on tokens are renewed by themselves.",
  client_credentials: "Between servers: it works without a person once it is configured.",
};

const GrantType = ({ form: { draft, set } }: { form: FormState }) => (
  <Input.Wrapper label="Grant Type" labelElement="div" description={grantHints[draft.grant_type]}>
    <SegmentedControl
      mt={6}
      fullWidth
      aria-label="Grant Type"
      data={[
        { value: "authorization_code", label: "Authorization Code" },
        { value: "client_credentials", label: "Client Credentials" },
      ]}
      value={draft.grant_type}
      onChange={(value) => set({ grant_type: value })}
    />
  </Input.Wrapper>
);

const WhereTheTokenGoes = ({ form }: { form: FormState }) => (
  <Group grow align="flex-start" preventGrowOverflow={false}>
    <ChoiceSetting
      form={form}
      field="add_access_token_to"
      label="Add Access Token To"
      miw={200}
      data={[
        { value: "header", label: "Request Header" },
        { value: "query", label: "Query Parameters" },
      ]}
    />
    {form.draft.add_access_token_to === "header" ? (
      <TextSetting
        form={form}
        field="header_prefix"
        label="Header Prefix"
        miw={200}
        placeholder="The token alone"
        maxLength={50}
      />
    ) : (
      <TextSetting
        form={form}
        field="query_parameter_name"
        label="Query Parameter Name"
        miw={200}
        maxLength={100}
      />
    )}
  </Group>
);

function Variable({ form, name }: { form: FormState; name: string }) {
  const { variables } = form.draft;
  const [value, proposed] = [variables[name] ?? "", form.proposed.variables?.[name]];
  const put = (text: string): void => form.set({ variables: { ...variables, [name]: text } });
  return (
    <TextInput
      label={inWords(name)}
      description={`Stands for {${name}} in the addresses of this provider.`}
      required
      maxLength={100}
      value={value}
      error={errorOf(form.errors, "variables")}
      inputContainer={withProposal(proposed === value ? undefined : proposed, () =>
        put(proposed ?? value),
      )}
      onChange={({ currentTarget }) => put(currentTarget.value)}
    />
  );
}

const ClientCredentials = ({ form, hasSecret }: { form: FormState; hasSecret: boolean }) => (
  <Group grow align="flex-start" preventGrowOverflow={false}>
    <TextSetting
      form={form}
      field="client_id"
      label="Client ID"
      miw={200}
      required
      autoComplete="off"
    />
    <PasswordInput
      label="Client Secret"
      miw={200}
      autoComplete="new-password"
      placeholder={hasSecret ? "Stored. Leave it empty to keep it" : ""}
      value={form.draft.client_secret}
      error={errorOf(form.errors, "client_secret")}
      onChange={({ currentTarget }) => form.set({ client_secret: currentTarget.value })}
      visibilityToggleButtonProps={{ "aria-label": "Show what was typed" }}
    />
  </Group>
);

const AskingAPerson = ({ form }: { form: FormState }) => (
  <>
    <TextSetting
      form={form}
      field="authorization_url"
      label="Authorization URL"
      description="Where a person is sent to allow access."
      placeholder="https://provider.example.com/oauth/authorize"
    />
    <NamedLines
      label="Custom Authentication Parameters"
      description="Added to the authorization URL, for example to be given a refresh token."
      addLabel="Add a parameter"
      value={form.draft.custom_authentication_parameters}
      error={errorOf(form.errors, "custom_authentication_parameters")}
      onChange={(value) => form.set({ custom_authentication_parameters: value })}
    />
  </>
);
