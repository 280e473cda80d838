import { Modal, type ModalProps } from "@mantine/core";
import { useEffect, useState } from "react";

/**
 * A dialog that is open as long as it is drawn. Once something was typed, a click beside it does not
 * close it; when it closes, the focus is again where it was opened from.
 */

export type DialogProps = Omit<ModalProps, "opened" | "returnFocus">;

export function Dialog({ children, ...rest }: DialogProps) {
  const [isBegun, setBegun] = useState(false);
  useFocusBack();
  return (
    <Modal closeOnClickOutside={!isBegun} {...rest} opened returnFocus={false}>
      <div onInput={() => setBegun(true)}>{children}</div>
    </Modal>
  );
}

function useFocusBack(): void {
  const [opener] = useState(findOpener);
  useEffect(
    () => () => {
      // After the dialog has let go of the focus.
      setTimeout(() => {
        if (document.activeElement !== document.body) return;
        const isThere = opener?.isConnected === true;
        (isThere ? opener : document.querySelector<HTMLElement>("#content"))?.focus();
      });
    },
    [opener],
  );
}

/** The item of a menu goes with the menu; what opened the menu stays. */
function findOpener(): HTMLElement | undefined {
  const active = document.activeElement;
  const menu = active?.closest('[role="menu"]');
  const opener =
    menu === null ? active : document.getElementById(menu?.getAttribute("aria-labelledby") ?? "");
  return opener instanceof HTMLElement && opener !== document.body ? opener : undefined;
}
