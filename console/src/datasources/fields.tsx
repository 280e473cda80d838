import type { SelectProps, TextInputProps } from "@mantine/core";
import { Select, TextInput } from "@mantine/core";
import type { Draft, DraftField } from "./draft.ts";

/** The form's state as its fields see it. */
export interface FormState {
  draft: Draft;
  errors: Readonly<Record<string, string>>;
  /** Names of sealed lines that are there already. */
  storedNames: Readonly<Record<string, readonly string[]>>;
  set(own: Partial<Draft>): void;
}

type TextField = {
  [Name in DraftField]: Draft[Name] extends string ? Name : never;
}[DraftField];

/** A refusal may name a line of a list: `scopes.0`. */
export const errorOf = (errors: FormState["errors"], field: DraftField): string | undefined =>
  errors[field] ?? Object.entries(errors).find(([name]) => name.startsWith(`${field}.`))?.[1];

export const TextSetting = ({
  form,
  field,
  ...rest
}: { form: FormState; field: TextField } & Omit<TextInputProps, "form">) => (
  <TextInput
    {...rest}
    value={form.draft[field]}
    error={errorOf(form.errors, field)}
    onChange={({ currentTarget }) => form.set({ [field]: currentTarget.value })}
  />
);

export const ChoiceSetting = ({
  form,
  field,
  ...rest
}: { form: FormState; field: TextField } & Omit<SelectProps, "form">) => (
  <Select
    {...rest}
    value={form.draft[field]}
    error={errorOf(form.errors, field)}
    onChange={(value) => form.set({ [field]: value ?? form.draft[field] })}
  />
);

export const clientAuthentications = [
  { value: "body", label: "Send client credentials in body" },
  { value: "json", label: "Send them as JSON in body" },
  { value: "basic", label: "Send as Basic Auth header" },
  { value: "basic_raw", label: "Basic Auth header, not form-encoded" },
  { value: "private_key_jwt", label: "Signed assertion (private_key_jwt)" },
  { value: "none", label: "None: a public client" },
];
