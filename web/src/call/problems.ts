/** What went wrong with a camera or a microphone, as a word that the catalogue explains. */

export type MediaProblem = "denied" | "missing" | "busy" | "insecure" | "unplugged" | "failed";

/** The word for what getUserMedia threw. */
export function problemOf(error: unknown): MediaProblem {
  const name = typeof error === "object" && error !== null && "name" in error ? error.name : "";
  switch (name) {
    case "NotAllowedError":
    case "SecurityError":
      return "denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "failed";
  }
}
