import { Textarea, TextInput, type TextareaProps, type TextInputProps } from "@mantine/core";

/** What something is called, and in a sentence what it is: the same for most things. */

type FieldOptions<Props> = Omit<Props, "value" | "onChange" | "error"> & {
  value: string;
  /** Why the server refused it. */
  error?: string | false | undefined;
  onChange: (value: string) => void;
};

export const NameField = ({ onChange, ...rest }: FieldOptions<TextInputProps>) => (
  <TextInput
    label="Name"
    required
    maxLength={255}
    {...rest}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
);

export const DescriptionField = ({ onChange, ...rest }: FieldOptions<TextareaProps>) => (
  <Textarea
    label="Description"
    autosize
    minRows={1}
    maxRows={5}
    maxLength={2000}
    {...rest}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
);
