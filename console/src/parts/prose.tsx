/** Words of the server, in which names that a program uses stand between backticks. */
export const Prose = ({ children }: { children: string }) =>
  children
    .split("`")
    .map((part, index) => (index % 2 === 1 ? <code key={index}>{part}</code> : part));
