import { ActionIcon, Button } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

/** Lines of fields, which are added and removed. */
export function Lines<Line extends object>({
  value,
  onChange,
  empty,
  addLabel,
  removeLabel,
  renderFields,
}: {
  value: readonly Line[];
  onChange: (value: Line[]) => void;
  /** What a line begins as. */
  empty: Line;
  addLabel: string;
  removeLabel: (line: Line, index: number) => string;
  /** `put` changes members of the line. */
  renderFields: (line: Line, put: (own: Partial<Line>) => void, index: number) => ReactNode;
}) {
  const put = (index: number, own: Partial<Line>): void =>
    onChange(value.map((one, at) => (at === index ? { ...one, ...own } : one)));
  return (
    <div className={css["lines"]}>
      {value.map((line, index) => (
        <div key={index} className={css["line"]}>
          {renderFields(line, (own) => put(index, own), index)}
          <ActionIcon
            variant="subtle"
            color="gray"
            size={36}
            aria-label={removeLabel(line, index)}
            onClick={() => onChange(value.filter((_, at) => at !== index))}
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
        onClick={() => onChange([...value, empty])}
      >
        {addLabel}
      </Button>
    </div>
  );
}
