/**
 * Whether this browser may have a session. The refresh cookie is not for scripts, so what became of the last session is
 * noted beside it. No secret, and only a hint: what counts is what the server says.
 */

const KEY = "klear.session";
const NONE = "none";

/** Pages that somebody with a session does not begin at: there, not knowing is no reason to ask. */
const OUTSIDE: ReadonlySet<string> = new Set(["/sign-in", "/join"]);

/** The note as it stands; null where nothing is known: a new browser, one from before there were notes, closed storage. */
export function readHint(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

/** Whether it is worth asking the server for the session of the cookie. `path`: the page that is opened. */
export function mayHaveSession(path: string): boolean {
  const hint = readHint();
  return hint === null ? !OUTSIDE.has(path) : hint !== NONE;
}

/** A session began. Each note is another one, so that a late refusal of an earlier session is told from this one's. */
export function noteSession(): void {
  write(`since ${Date.now()}`);
}

/** There is a session, whenever it began. */
export function noteStillThere(): void {
  const hint = readHint();
  if (hint === null || hint === NONE) noteSession();
}

/** There is no session, as was found out while the note was `seen`. Says nothing of one that began meanwhile. */
export function noteNone(seen: string | null): void {
  if (readHint() === seen) write(NONE);
}

function write(hint: string): void {
  try {
    localStorage.setItem(KEY, hint);
  } catch {
    // Storage is closed to us: the server is asked on every start.
  }
}
