export type ButtonTone = "primary" | "plain" | "quiet" | "danger";
export type ButtonSize = "regular" | "large" | "icon";

const BASE =
  "inline-flex min-h-11 select-none items-center justify-center gap-2 rounded-card font-medium transition-colors " +
  "duration-150 disabled:cursor-not-allowed disabled:opacity-55";

const TONES: Record<ButtonTone, string> = {
  primary: "bg-sage text-on-sage hover:bg-sage-strong",
  plain: "border border-line-strong/60 bg-raised text-ink hover:border-line-strong hover:bg-sunken",
  quiet: "text-ink hover:bg-sunken",
  danger: "bg-red text-on-red hover:bg-red-strong",
};

const SIZES: Record<ButtonSize, string> = {
  regular: "px-4 text-[15px]",
  large: "min-h-13 px-6 text-base",
  icon: "size-11 shrink-0",
};

/** The looks of a button, for links that act like one. */
export function buttonClass(tone: ButtonTone = "plain", size: ButtonSize = "regular"): string {
  return `${BASE} ${TONES[tone]} ${SIZES[size]}`;
}
