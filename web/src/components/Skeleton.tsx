import { type ReactNode, useEffect, useState } from "react";
import { useText } from "../messages/useText";
import { classes } from "./classes";

/** Below this a wait is not felt, and a skeleton would only flash. */
const PATIENCE_MS = 300;

/** One grey shape where something will stand. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={classes("animate-breathe rounded-card bg-line/70", className)} />;
}

/** Shows the shapes of a page that is on its way, once the wait can be felt, and says so to a screen reader. */
export function Loading({ children }: { children: ReactNode }) {
  const text = useText();
  const [felt, setFelt] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setFelt(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-busy="true">
      {felt && <span className="sr-only">{text("app.loading")}</span>}
      {felt && children}
    </div>
  );
}
