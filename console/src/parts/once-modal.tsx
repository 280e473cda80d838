import { Dialog, type DialogProps } from "./dialog.tsx";

/** A dialog in which something comes to be shown this once: from then on no slip closes it. */
export const OnceModal = ({
  isShowing,
  ...rest
}: DialogProps & {
  /** Whether it is there. */
  isShowing: boolean;
}) => <Dialog {...(isShowing ? kept : {})} {...rest} />;

const kept = { closeOnClickOutside: false, closeOnEscape: false };
