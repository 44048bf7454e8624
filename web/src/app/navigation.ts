import type { Role } from "../api/types";
import type { MessageId } from "../messages/en";

export interface Destination {
  to: "/practitioners" | "/appointments" | "/calendar";
  label: MessageId;
}

const PRACTITIONERS: Destination = { to: "/practitioners", label: "nav.practitioners" };
const APPOINTMENTS: Destination = { to: "/appointments", label: "nav.appointments" };
const CALENDAR: Destination = { to: "/calendar", label: "nav.calendar" };

const STAFF: ReadonlySet<Role> = new Set<Role>(["practitioner", "assistant", "owner"]);

export function isStaff(roles: readonly Role[]): boolean {
  return roles.some((role) => STAFF.has(role));
}

/** Where a person goes, most used first. Nobody signed in: nowhere but to sign in. */
export function destinationsFor(roles: readonly Role[]): Destination[] {
  if (roles.length === 0) return [];
  return isStaff(roles) ? [CALENDAR, APPOINTMENTS, PRACTITIONERS] : [PRACTITIONERS, APPOINTMENTS];
}

/** The page a person starts on. */
export function homeOf(roles: readonly Role[]): string {
  return destinationsFor(roles)[0]?.to ?? "/sign-in";
}

/** The address to go on to after signing in: only one of ours, never another site's. */
export function safeNext(next: string | null): string | null {
  return next !== null && /^\/(?![/\\])/.test(next) && !next.startsWith("/sign-in") ? next : null;
}
