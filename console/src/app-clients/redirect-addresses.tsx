import { Textarea } from "@mantine/core";

/** Where people may be sent back to after they signed in. */
export const RedirectAddresses = ({
  value,
  error,
  required = false,
  onChange,
}: {
  value: string;
  error: string | undefined;
  required?: boolean;
  onChange: (value: string) => void;
}) => (
  <Textarea
    label="Redirect addresses"
    description="One on each line; they are compared exactly."
    required={required}
    autosize
    minRows={2}
    value={value}
    error={error}
    onChange={({ currentTarget }) => onChange(currentTarget.value)}
  />
);

export const linesOf = (text: string): string[] =>
  text
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);
