import type { EventType, Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Checkbox, Input, Radio, Stack, TextInput } from "@mantine/core";
import { useState } from "react";
import { fieldErrorsOf } from "../api/request.ts";
import { eventTypes, eventWords } from "../api/webhooks.ts";
import { Form } from "../parts/form.tsx";
import { DescriptionField } from "../parts/name-field.tsx";
import css from "./webhooks.module.css";

/** Where events go, which, and what for: the same for a new webhook and one that is there. */

export interface WebhookSettings {
  url: string;
  description: string;
  /** `null`: all, also those that are added later. */
  events: EventType[] | null;
}

interface FormOptions {
  from: Partial<Pick<Webhook, "url" | "description" | "events">>;
  verb: string;
  save: { mutate: (settings: WebhookSettings) => void; isPending: boolean; error: unknown };
  onClose: () => void;
}

/** What stands at its field does not stand below once more. */
const fieldsHere: readonly string[] = ["url", "description", "events"];

export function WebhookForm({ from, verb, save, onClose }: FormOptions) {
  const [url, setUrl] = useState(from.url ?? "");
  const [description, setDescription] = useState(from.description ?? "");
  const [isAll, setAll] = useState(from.events === undefined);
  const [chosen, setChosen] = useState<readonly string[]>(from.events ?? usual);
  const submit = (): void => {
    const events = isAll ? null : eventTypes.filter((type) => chosen.includes(type));
    save.mutate({ url: url.trim(), description: description.trim(), events });
  };
  const errors = fieldErrorsOf(save.error);
  const isAtFields = Object.keys(errors).some((name) => fieldsHere.includes(name));
  return (
    <Form
      save={isAtFields ? { ...save, error: null } : save}
      verb={verb}
      isReady={url.trim() !== "" && (isAll || chosen.length > 0)}
      onSubmit={submit}
      onCancel={onClose}
    >
      <TextInput
        label="URL"
        description="Events are posted to it as JSON."
        placeholder="https://example.com/hooks/countersign"
        required
        maxLength={2000}
        data-autofocus
        value={url}
        error={errors["url"]}
        onChange={({ currentTarget }) => setUrl(currentTarget.value)}
      />
      <DescriptionField
        placeholder="Who is told, and what for"
        value={description}
        error={errors["description"]}
        onChange={setDescription}
      />
      <Radio.Group
        label="Events"
        value={isAll ? "all" : "some"}
        onChange={(value) => setAll(value === "all")}
      >
        <Stack gap={8} mt={8}>
          <Radio value="all" label="All" description="Also those that are added later." />
          <Radio value="some" label="Only some" />
        </Stack>
      </Radio.Group>
      {!isAll && <EventChoice value={chosen} onChange={setChosen} error={errors["events"]} />}
    </Form>
  );
}

/** What somebody has to do something about. */
const usual: readonly EventType[] = ["connection.reconnect_required", "connection.reconnect_soon"];

interface ChoiceOptions {
  value: readonly string[];
  onChange: (value: string[]) => void;
  error: string | undefined;
}

const EventChoice = ({ value, onChange, error }: ChoiceOptions) => (
  <div>
    <Checkbox.Group aria-label="Which events" value={[...value]} onChange={onChange}>
      <div className={css["choices"]}>
        {eventTypes.map((type) => (
          <Checkbox
            key={type}
            value={type}
            label={
              <>
                {eventWords[type].name} <code className="muted">{type}</code>
              </>
            }
            description={eventWords[type].when}
          />
        ))}
      </div>
    </Checkbox.Group>
    {error !== undefined && <Input.Error mt={6}>{error}</Input.Error>}
  </div>
);
