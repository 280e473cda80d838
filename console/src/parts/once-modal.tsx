import { Modal, type ModalProps } from "@mantine/core";

/** A dialog in which something comes to be shown this once: from then on no slip closes it. */
export const OnceModal = ({
  isShowing,
  ...rest
}: Omit<ModalProps, "opened" | "closeOnClickOutside" | "closeOnEscape"> & {
  /** Whether it is there. */
  isShowing: boolean;
}) => <Modal opened closeOnClickOutside={!isShowing} closeOnEscape={!isShowing} {...rest} />;
