import type { SelectProps, TextInputProps } from "@mantine/core";
import { Select, TextInput } from "@mantine/core";
import { isSame, type Draft, type DraftField } from "./draft.ts";
import { withProposal, wordsOf } from "./proposal.tsx";

/** The form's state as its fields see it. */
export interface FormState {
  draft: Draft;
  errors: Readonly<Record<string, string>>;
  /** Names of sealed lines that are there already. */
  storedNames: Readonly<Record<string, readonly string[]>>;
  /** What the provider's profile proposes. */
  proposed: Partial<Draft>;
  set(own: Partial<Draft>): void;
}

type TextField = {
  [Name in DraftField]: Draft[Name] extends string ? Name : never;
}[DraftField];

/** A refusal may name a line of a list: `scopes.0`. */
export const errorOf = (errors: FormState["errors"], field: DraftField): string | undefined =>
  errors[field] ?? Object.entries(errors).find(([name]) => name.startsWith(`${field}.`))?.[1];

/** What the provider's profile proposes, below a field that says something else. */
export function proposalOf(
  { draft, proposed, set }: FormState,
  field: DraftField,
  say: (value: Draft[DraftField]) => string = wordsOf,
) {
  const value = proposed[field];
  const isSaid = value === undefined || isSame(draft[field], value);
  return withProposal(isSaid ? undefined : say(value), () => set({ [field]: value }));
}

export const TextSetting = ({
  form,
  field,
  ...rest
}: { form: FormState; field: TextField } & Omit<TextInputProps, "form">) => (
  <TextInput
    {...rest}
    value={form.draft[field]}
    error={errorOf(form.errors, field)}
    inputContainer={proposalOf(form, field)}
    onChange={({ currentTarget }) => form.set({ [field]: currentTarget.value })}
  />
);

interface ChoiceOptions extends Pick<SelectProps, "label" | "description" | "miw"> {
  form: FormState;
  field: TextField;
  data: { value: string; label: string }[];
}

export function ChoiceSetting({ form, field, data, ...rest }: ChoiceOptions) {
  const labelOf = (wanted: Draft[DraftField]): string =>
    data.find(({ value }) => value === wanted)?.label ?? wordsOf(wanted);
  return (
    <Select
      {...rest}
      data={data}
      value={form.draft[field]}
      error={errorOf(form.errors, field)}
      inputContainer={proposalOf(form, field, labelOf)}
      onChange={(value) => form.set({ [field]: value ?? form.draft[field] })}
    />
  );
}

export const clientAuthentications = [
  { value: "body", label: "Send client credentials in body" },
  { value: "json", label: "Send them as JSON in body" },
  { value: "basic", label: "Send as Basic Auth header" },
  { value: "basic_raw", label: "Basic Auth header, not form-encoded" },
  { value: "private_key_jwt", label: "Signed assertion (private_key_jwt)" },
  { value: "none", label: "None: a public client" },
];
