import { Button } from "@mantine/core";
import { createContext, Fragment, useContext, useRef, useState, type ReactNode } from "react";

/**
 * A form for what somebody else may change meanwhile. Until something is done in it, it shows what is
 * stored now; from then on nothing that comes from the server takes away what was typed. It is saved
 * for the version that it was opened with, so that the server refuses it when that is no longer there.
 */
export function Editing<Thing extends { etag: string }>({
  thing,
  children,
}: {
  /** As it is stored now. */
  thing: Thing;
  /** The form, for the thing as it was when somebody began. */
  children: (opened: Thing) => ReactNode;
}) {
  const [begun, setBegun] = useState<Thing>();
  const frame = useRef<HTMLDivElement>(null);
  const opened = begun ?? thing;
  const begin = (): void => setBegun((before) => before ?? thing);
  const reopen = (): void => {
    setBegun(undefined);
    // The button that had the focus goes with the form.
    frame.current?.focus({ preventScroll: true });
  };
  return (
    <Reopen value={reopen}>
      {/* What happens in a list that drops down is told here as well, wherever it is drawn. */}
      <div ref={frame} tabIndex={-1} onInput={begin} onClick={begin}>
        <Fragment key={opened.etag}>{children(opened)}</Fragment>
      </div>
    </Reopen>
  );
}

const Reopen = createContext<(() => void) | undefined>(undefined);

const nothing = (): void => undefined;

/** Begins again with what is stored now: after it was saved, or instead of what was typed. */
export const useReopen = (): (() => void) => useContext(Reopen) ?? nothing;

/** The way on when somebody else was faster. */
export function ShowStored() {
  const reopen = useContext(Reopen);
  if (reopen === undefined) return null;
  return (
    <Button size="compact-sm" variant="default" onClick={reopen}>
      Drop mine and show what is stored
    </Button>
  );
}
