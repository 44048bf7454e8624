/** The looks of a small panel that points at what opened it. */
export const bubbleClass =
  "z-50 w-72 max-w-[calc(100vw-1.5rem)] animate-fade rounded-card border border-line bg-raised p-4 text-[15px] text-ink shadow-float";
