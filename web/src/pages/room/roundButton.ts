export type RoundTone = "plain" | "off" | "leave";

const TONES: Record<RoundTone, string> = {
  plain: "bg-raised/90 text-ink hover:bg-sunken",
  off: "bg-amber-soft text-amber-ink hover:brightness-110",
  leave: "bg-[#b3362b] text-white hover:bg-[#94281f]",
};

/** A round button over a picture: of a size for thumbs. */
export function roundButton(tone: RoundTone): string {
  return `relative inline-grid size-13 shrink-0 place-items-center rounded-full shadow-float transition-colors ${TONES[tone]}`;
}
