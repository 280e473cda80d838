/** Puts text where it can be pasted from. Throws when the browser does not let us. */
export async function copyText(text: string): Promise<void> {
  // Not there on a page that came over http from another machine.
  if (navigator.clipboard !== undefined) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.setAttribute("readonly", "");
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const isDone = document.execCommand("copy");
  area.remove();
  if (!isDone) throw new Error("the browser did not copy");
}
