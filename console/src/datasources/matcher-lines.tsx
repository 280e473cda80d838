import { Input, TextInput } from "@mantine/core";
import { Lines } from "../parts/lines.tsx";
import { errorOf, proposalOf, type FormState } from "./fields.tsx";

/** Which answers of the API mean that the token has expired. */
export const MatcherLines = ({ form }: { form: FormState }) => (
  <Input.Wrapper
    label="Answers that mean that the token has expired"
    labelElement="div"
    description="One is enough; all that a line names must fit. A header may be followed by a colon and what it contains."
    error={errorOf(form.errors, "expiry_matchers")}
    inputContainer={proposalOf(form, "expiry_matchers")}
  >
    <Lines
      value={form.draft.expiry_matchers}
      onChange={(expiry_matchers) => form.set({ expiry_matchers })}
      empty={{ status: "", header: "", body: "" }}
      addLabel="Add an answer"
      removeLabel={(_, index) => `Expiry ${index + 1}: remove`}
      renderFields={({ status, header, body }, put, index) => (
        <>
          <TextInput
            aria-label={`Expiry ${index + 1}: status`}
            placeholder="Status"
            inputMode="numeric"
            value={status}
            onChange={({ currentTarget }) => put({ status: currentTarget.value })}
          />
          <TextInput
            aria-label={`Expiry ${index + 1}: header`}
            placeholder="Header: text"
            value={header}
            onChange={({ currentTarget }) => put({ header: currentTarget.value })}
          />
          <TextInput
            aria-label={`Expiry ${index + 1}: body`}
            placeholder="Text in the body"
            value={body}
            onChange={({ currentTarget }) => put({ body: currentTarget.value })}
          />
        </>
      )}
    />
  </Input.Wrapper>
);
