/** Whether this tab is in a room, so that a reload leads straight back, and how its inputs were. */

export interface Inputs {
  readonly microphone: boolean;
  readonly camera: boolean;
}

const INPUTS_KEY = "klear.inputs";
const BOTH: Inputs = { microphone: true, camera: true };

export function entryOf(room: string) {
  const key = `klear.entered.${room}`;
  return {
    remember: () => write(key, "yes"),
    remembered: () => read(key) !== null,
    forget: () => write(key, null),
  };
}

/** What was on when this tab was last in a room. */
export function inputs(): Inputs {
  try {
    const { microphone, camera } = JSON.parse(read(INPUTS_KEY) ?? "{}") as Partial<Inputs>;
    return { microphone: microphone ?? true, camera: camera ?? true };
  } catch {
    return BOTH;
  }
}

export function rememberInputs({ microphone, camera }: Inputs): void {
  write(INPUTS_KEY, JSON.stringify({ microphone, camera }));
}

/** Storage may be closed to us; then a reload asks again. */
function read(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // As above.
  }
}
