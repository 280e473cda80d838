import { Textarea } from "@mantine/core";
import {
  ChoiceSetting,
  clientAuthentications,
  errorOf,
  TextSetting,
  type FormState,
} from "./fields.tsx";

/** How we prove who we are, and the key where it takes one. */
export const ClientAuthentication = ({ form, hasKey }: { form: FormState; hasKey: boolean }) => (
  <>
    <ChoiceSetting
      form={form}
      field="client_authentication"
      label="Client Authentication"
      description="How we prove to the provider who we are."
      data={clientAuthentications}
    />
    {form.draft.client_authentication === "private_key_jwt" && (
      <>
        <Textarea
          label="Private Key"
          description="PEM or JWK. It is sealed, and never shown again."
          autosize
          minRows={3}
          maxRows={8}
          placeholder={hasKey ? "Stored. Leave it empty to keep it" : "-----BEGIN PRIVATE KEY-----"}
          value={form.draft.private_key}
          error={errorOf(form.errors, "private_key")}
          onChange={({ currentTarget }) => form.set({ private_key: currentTarget.value })}
        />
        <TextSetting form={form} field="private_key_id" label="Key ID (kid)" />
      </>
    )}
  </>
);
