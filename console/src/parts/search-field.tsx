import { TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

export interface Search {
  typed: string;
  setTyped(text: string): void;
  /** What is asked for: what was typed, when somebody has paused. */
  wanted: string;
}

const pauseMs = 250;

export function useSearch(): Search {
  const [typed, setTyped] = useState("");
  const [wanted] = useDebouncedValue(typed.trim(), pauseMs);
  return { typed, setTyped, wanted };
}

/** Finds in a list what somebody has in mind. */
export const SearchField = ({
  search,
  label,
  placeholder = label,
  maxLength = 200,
}: {
  search: Search;
  label: string;
  placeholder?: string;
  /** As much as the server takes of it. */
  maxLength?: number;
}) => (
  <TextInput
    className={css["search"]}
    aria-label={label}
    placeholder={placeholder}
    leftSection={<Icon name="search" size={16} />}
    maxLength={maxLength}
    value={search.typed}
    onChange={({ currentTarget }) => search.setTyped(currentTarget.value)}
  />
);
