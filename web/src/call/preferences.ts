/** What someone chose for his calls on this device. */

export type VideoQuality = "standard" | "low";
export type InputKind = "microphone" | "camera";

const VIDEO_KEY = "klear.video";

/** Storage may be closed to us (private windows, blocked cookies): then nothing is remembered. */
function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // As above.
  }
}

/** The quality of the camera's picture; `low` is for slow connections. */
export function videoQuality(): VideoQuality {
  return read(VIDEO_KEY) === "low" ? "low" : "standard";
}

export function rememberVideoQuality(quality: VideoQuality): void {
  write(VIDEO_KEY, quality);
}

/** The device that was chosen last, "" for the browser's own choice. */
export function chosenDevice(kind: InputKind): string {
  return read(`klear.${kind}`) ?? "";
}

export function rememberDevice(kind: InputKind, id: string): void {
  write(`klear.${kind}`, id);
}
