/** Whether the session has ended while a page is open: as the last answer of the server had it. */

let isOut = false;
let wasIn = false;
const listeners = new Set<() => void>();

/** After an answer. Goes to the sign-in page when nobody was signed in here yet. */
export function noteAnswer(status: number): void {
  if (status !== 401) wasIn = true;
  else if (!wasIn) location.assign(signInPath());
  const before = isOut;
  isOut = status === 401 && wasIn;
  if (isOut !== before) for (const listener of listeners) listener();
}

/** Where one is now, for a page that comes back to it. */
export const here = (): string => location.pathname + location.search;

export const signInPath = (): string => `/login?return_to=${encodeURIComponent(here())}`;

export function onSignedOut(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const isSignedOut = (): boolean => isOut;
