import type { ApiClient } from "../api/client";
import { ApiError } from "../api/errors";
import type { SignedIn } from "../api/types";
import { mayHaveSession, noteNone, noteStillThere, readHint } from "./hint";

/**
 * A new grant by the refresh cookie, or `null` without a session. Tabs take turns: a refresh cookie is good for one
 * use, and two tabs that wake together must not spend the same one.
 */
export function renewByCookie(api: ApiClient): Promise<SignedIn | null> {
  return inTurn(() => ask(api));
}

/** The grant to start with. The server is not asked where this browser is known to have no session. */
export async function startByCookie(api: ApiClient): Promise<SignedIn | null> {
  return mayHaveSession(window.location.pathname) ? renewByCookie(api) : null;
}

async function ask(api: ApiClient): Promise<SignedIn | null> {
  const hint = readHint();
  try {
    const grant = await api.post<SignedIn>("/auth/refresh", undefined, { anonymous: true });
    noteStillThere();
    return grant;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    noteNone(hint);
    return null;
  }
}

function inTurn<T>(ask: () => Promise<T>): Promise<T> {
  // `locks` is missing where the page is not a secure context; then the server's tolerance of a doubled refresh has to do.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? ask() : locks.request("klear-refresh", ask).then((granted) => granted as T);
}
