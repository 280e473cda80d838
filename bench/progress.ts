/** Says on stderr what is being done, on one line that is overwritten where that is a terminal. */
export type Progress = (doing: string) => void;

const everyMs = 2_000;

export function createProgress(): Progress {
  const startMs = performance.now();
  let saidAtMs = -Infinity;
  return (doing) => {
    const atMs = performance.now();
    const { isTTY } = process.stderr;
    if (!isTTY && atMs - saidAtMs < everyMs) return;
    saidAtMs = atMs;
    const seconds = String(Math.round((atMs - startMs) / 1000)).padStart(4);
    process.stderr.write(isTTY ? `\r\x1b[K${seconds} s  ${doing}` : `${seconds} s  ${doing}\n`);
  };
}
