import { useEffect, useState } from "react";
import { useApi } from "../session/context";

/** The time by the server's clock, renewed every `every` milliseconds while mounted. */
export function useNow(every: number): Date {
  const api = useApi();
  const [now, setNow] = useState(() => new Date(Date.now() + api.skew));
  useEffect(() => {
    const timer = setInterval(() => setNow(new Date(Date.now() + api.skew)), every);
    return () => clearInterval(timer);
  }, [every, api]);
  return now;
}
