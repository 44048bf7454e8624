/** A guest's way in: the token of his join link, kept for this tab so that a reload brings him back. */

import type { ApiClient } from "../../api/client";
import { ApiError } from "../../api/errors";
import type { GuestGrant } from "../../api/types";

const KEY = "klear.join";

interface Kept {
  token: string;
  room: string;
}

/** Exchange a join link's token for a guest's access. Throws ApiError: `join-link-expired`, `join-link-invalid`. */
export function join(api: ApiClient, token: string): Promise<GuestGrant> {
  return api.post<GuestGrant>("/auth/join", { token }, { anonymous: true });
}

/** The successor of a guest's access; null once the link is over. */
export async function renew(api: ApiClient, token: string): Promise<GuestGrant | null> {
  try {
    return await join(api, token);
  } catch (error) {
    if (error instanceof ApiError && !error.temporary) return null;
    throw error;
  }
}

/** This tab's guest may come back to his room. */
export function keep(kept: Kept): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // No storage: after a reload he opens his link again.
  }
}

/** The token for this room, where this tab came by its link. */
export function kept(room: string): string | null {
  try {
    const { token, room: of } = JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Partial<Kept>;
    return of === room && token ? token : null;
  } catch {
    return null;
  }
}

export function forget(): void {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}
