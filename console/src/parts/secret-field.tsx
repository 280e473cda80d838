import { ActionIcon, Tooltip } from "@mantine/core";
import { useState } from "react";
import { CopyIcon } from "./copy-button.tsx";
import { Icon } from "./icon.tsx";
import css from "./parts.module.css";

/** Short enough for one line on a telephone. */
const mask = "•".repeat(16);

/** A secret that is here: masked until somebody asks for it, and copied without being shown. */
export function SecretField({ secret, what }: { secret: string; what: string }) {
  const [isShown, setShown] = useState(false);
  const label = `${isShown ? "Hide" : "Show"} ${what}`;
  return (
    <div className={css["field"]}>
      <code>{isShown ? secret : `${secret.slice(0, 5)}${mask}${secret.slice(-4)}`}</code>
      <Tooltip label={label}>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          onClick={() => setShown(!isShown)}
          aria-label={label}
          aria-pressed={isShown}
        >
          <Icon name="eye" size={16} />
        </ActionIcon>
      </Tooltip>
      <CopyIcon text={secret} what={what} />
    </div>
  );
}

/** A value for all to see, ready to be copied. */
export const ValueField = ({ value, what }: { value: string; what: string }) => (
  <div className={css["field"]}>
    <code>{value}</code>
    <CopyIcon text={value} what={what} />
  </div>
);

/** The tail of a long name, which tells one from another, with the whole in reach. */
export const ShortId = ({ id, what }: { id: string; what: string }) => (
  <span className={css["shortId"]}>
    <code title={id}>…{id.slice(-8)}</code>
    <CopyIcon text={id} what={what} />
  </span>
);
