import { useSyncExternalStore } from "react";

/** What the switch says. `system` follows the device. */
export type Theme = "system" | "light" | "dark";

export const THEMES = ["system", "light", "dark"] as const;

const KEY = "klear.theme";
const listeners = new Set<() => void>();

function read(): Theme {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "system";
  } catch {
    return "system"; // storage is switched off: the choice lasts as long as the page
  }
}

/** Puts the chosen theme onto the page. Called before the first render, so that nothing flashes. */
export function applyTheme(theme: Theme = read()): void {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
}

function choose(theme: Theme): void {
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // see read()
  }
  applyTheme(theme);
  for (const listener of listeners) listener();
}

const current = (): Theme => (document.documentElement.dataset.theme as Theme | undefined) ?? "system";

function watch(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): [Theme, (theme: Theme) => void] {
  return [useSyncExternalStore(watch, current), choose];
}
