import { ActionIcon, Button, Input, TextInput } from "@mantine/core";
import { Icon } from "../parts/icon.tsx";
import css from "../roles/roles.module.css";
import type { MatcherLine } from "./draft.ts";
import { errorOf, type FormState } from "./fields.tsx";

/** Which answers of the API mean that the token has expired. */
export function MatcherLines({ form }: { form: FormState }) {
  const lines = form.draft.expiry_matchers;
  const change = (expiry_matchers: MatcherLine[]): void => form.set({ expiry_matchers });
  const put = (index: number, own: Partial<MatcherLine>): void =>
    change(lines.map((one, at) => (at === index ? { ...one, ...own } : one)));
  return (
    <Input.Wrapper
      label="Answers that mean that the token has expired"
      labelElement="div"
      description="One is enough; all that a line names must fit. A header may be followed by a colon and what it contains."
      error={errorOf(form.errors, "expiry_matchers")}
    >
      <div className={css["lines"]}>
        {lines.map((line, index) => (
          <div key={index} className={css["line"]}>
            <TextInput
              aria-label={`Expiry ${index + 1}: status`}
              placeholder="Status"
              inputMode="numeric"
              value={line.status}
              onChange={({ currentTarget }) => put(index, { status: currentTarget.value })}
            />
            <TextInput
              aria-label={`Expiry ${index + 1}: header`}
              placeholder="Header: text"
              value={line.header}
              onChange={({ currentTarget }) => put(index, { header: currentTarget.value })}
            />
            <TextInput
              flex={3}
              aria-label={`Expiry ${index + 1}: body`}
              placeholder="Text in the body"
              value={line.body}
              onChange={({ currentTarget }) => put(index, { body: currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={36}
              aria-label={`Expiry ${index + 1}: remove`}
              onClick={() => change(lines.filter((_, at) => at !== index))}
            >
              <Icon name="close" />
            </ActionIcon>
          </div>
        ))}
        <Button
          variant="subtle"
          size="compact-sm"
          w="fit-content"
          leftSection={<Icon name="plus" size={14} />}
          onClick={() => change([...lines, { status: "", header: "", body: "" }])}
        >
          Add an answer
        </Button>
      </div>
    </Input.Wrapper>
  );
}
