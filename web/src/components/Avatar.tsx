import { classes } from "./classes";

const TINTS = [
  "bg-sage-soft text-sage-ink",
  "bg-clay-soft text-clay-ink",
  "bg-amber-soft text-amber-ink",
  "bg-sunken text-ink",
] as const;

/** Words before a name that are no part of it. */
const TITLES = /^(?:(?:dr|prof|mr|mrs|ms|mx)\.?\s+)+/i;

/** A person's initials on a tint of his own. They are drawn, not written: the name stands beside them, or labels them. */
export function Avatar({ name, className }: { name: string; className?: string }) {
  return (
    <span
      aria-hidden
      data-initials={initialsOf(name)}
      className={classes(
        "inline-flex before:content-[attr(data-initials)] size-12 shrink-0 select-none items-center justify-center rounded-full font-semibold",
        TINTS[tintOf(name) % TINTS.length],
        className,
      )}
    />
  );
}

export function initialsOf(name: string): string {
  const words = name.replace(TITLES, "").split(/\s+/).filter(Boolean);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words;
  return ends.map((word) => Array.from(word ?? "")[0] ?? "").join("").toLocaleUpperCase();
}

function tintOf(name: string): number {
  return Array.from(name).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973, 7);
}
