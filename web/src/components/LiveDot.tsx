import { useText } from "../messages/useText";
import { useLive } from "../realtime";
import { classes } from "./classes";

const LOOKS = {
  live: "bg-clay",
  connecting: "bg-amber animate-breathe",
  recovered: "bg-sage",
  offline: "bg-line-strong",
} as const;

/** Whether this page is live, in a word. Quiet while it is; it speaks up (politely) when that changes. */
export function LiveDot({ className }: { className?: string }) {
  const text = useText();
  const live = useLive();
  return (
    <span
      role="status"
      title={text(`live.${live}.help`)}
      className={classes("inline-flex items-center gap-2 whitespace-nowrap text-sm text-muted", className)}
    >
      <span aria-hidden className={classes("size-2 shrink-0 rounded-full", LOOKS[live])} />
      {text(`live.${live}`)}
    </span>
  );
}
