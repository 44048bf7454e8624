import { useEffect, useState } from "react";

import type { CallSession } from "../../call/CallSession";
import { assess, MEASURING, type Quality, read, type Reading } from "../../call/quality";

const EVERY_MS = 2500;

/** How good the call is, measured while `running`. */
export function useQuality(stats: () => ReturnType<CallSession["stats"]>, running: boolean): Quality {
  const [quality, setQuality] = useState(MEASURING);
  useEffect(() => {
    if (!running) return undefined;
    let before: Reading | null = null;
    const measure = async () => {
      const figures = await stats();
      if (!figures) return;
      const now = read(figures.sent.values(), figures.received.values());
      if (before) setQuality(assess(before, now));
      before = now;
    };
    const timer = setInterval(() => void measure().catch(() => undefined), EVERY_MS);
    return () => clearInterval(timer);
  }, [stats, running]);
  return running ? quality : MEASURING;
}
