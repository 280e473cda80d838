import { ActionIcon, Select, Tooltip, type SelectProps } from "@mantine/core";
import type { ReactNode } from "react";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

/** What stands above a list: how it is narrowed, and on the right what can be done. */
export const Toolbar = ({ children, action }: { children: ReactNode; action?: ReactNode }) => (
  <div className={css["toolbar"]}>
    {children}
    {action !== undefined && (
      <>
        <span className={css["spacer"]} />
        {action}
      </>
    )}
  </div>
);

interface FilterOptions extends Pick<SelectProps, "w" | "size"> {
  label: string;
  /** What it is called when nothing is chosen, and all are shown. */
  all: string;
  /** What can be chosen, and how each is called. */
  names: Readonly<Record<string, string>>;
  /** Empty for all. */
  value: string;
  onChange: (value: string) => void;
}

/** Narrows a list to those of one kind. */
export const Filter = ({ label, all, names, onChange, ...rest }: FilterOptions) => (
  <Select
    {...rest}
    aria-label={label}
    data={[
      { value: "", label: all },
      ...Object.entries(names).map(([value, name]) => ({ value, label: name })),
    ]}
    onChange={(value) => onChange(value ?? "")}
  />
);

/** Asks for the list again. */
export const ReloadButton = ({
  list: { data, isFetching, refetch },
}: {
  list: { data: unknown; isFetching: boolean; refetch: () => unknown };
}) => (
  <Tooltip label="Reload">
    <ActionIcon
      variant="default"
      size={36}
      aria-label="Reload"
      loading={isFetching && data !== undefined}
      onClick={() => void refetch()}
    >
      <Icon name="reload" />
    </ActionIcon>
  </Tooltip>
);
