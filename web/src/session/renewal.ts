import type { ApiClient } from "../api/client";
import { ApiError } from "../api/errors";
import type { Grant, SignedIn } from "../api/types";

/**
 * A new grant by the refresh cookie, or `null` without a session. Tabs take turns: a refresh cookie is good for one
 * use, and two tabs that wake together must not spend the same one.
 */
export function renewByCookie(api: ApiClient): Promise<SignedIn | null> {
  return inTurn(() => noneIfUnauthorised(api.post<SignedIn>("/auth/refresh", undefined, { anonymous: true })));
}

async function noneIfUnauthorised<T extends Grant>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null;
    throw error;
  }
}

function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  // `locks` is missing where the page is not a secure context; then the server's tolerance of a doubled refresh has to do.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? ask() : locks.request("klear-refresh", ask).then((granted) => granted as T);
}
