import { useEffect, useRef } from "react";

/** Keys and what they do. Letters are as typed; named keys as in `KeyboardEvent.key`. */
export type Keys = Readonly<Record<string, () => void>>;

/** Single keys for a whole page. They rest while somebody types, while a dialog is open, and with any modifier. */
export function useKeys(keys: Keys): void {
  const latest = useRef(keys);
  useEffect(() => {
    latest.current = keys;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const act = latest.current[event.key];
      if (act === undefined || isForSomethingElse(event)) return;
      event.preventDefault();
      act();
    };
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

const TYPING = "input, textarea, select, [contenteditable], [role=menu]";

/** What goes by arrow keys itself. */
const STEPPING = "[role=radiogroup], [role=tablist], [role=group]";

function isForSomethingElse(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  if (document.querySelector("[role=dialog], [role=alertdialog]") !== null) return true;
  const taken = event.key.startsWith("Arrow") ? `${TYPING}, ${STEPPING}` : TYPING;
  return event.target instanceof Element && event.target.closest(taken) !== null;
}
