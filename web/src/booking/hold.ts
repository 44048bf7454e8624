/** Whole seconds that a hold still lasts. */
export function secondsLeft(expiresAt: string, now: Date): number {
  return Math.max(0, Math.ceil((Date.parse(expiresAt) - now.getTime()) / 1000));
}

/** `4:05`. */
export function clockOf(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

/** Other times that the server names when a slot was taken. */
export function alternativesOf(fields: Readonly<Record<string, unknown>>): string[] {
  const next = fields.next_open;
  return Array.isArray(next) ? next.filter((each): each is string => typeof each === "string") : [];
}
