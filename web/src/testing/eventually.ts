import { vi } from "vitest";

/** Milliseconds: a busy machine is no failure. */
const PATIENCE_MS = 10_000;

/** Wait until this holds. */
export function eventually<T>(check: () => T | Promise<T>): Promise<T> {
  return vi.waitFor(check, { timeout: PATIENCE_MS });
}
