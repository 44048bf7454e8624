import { CalendarClock } from "lucide-react";
import { Button } from "../../components/Button";
import { useText } from "../../messages/useText";

/** No working hours yet, so nothing can be booked: the first step of a new practitioner. */
export function NoHours({ onSet }: { onSet: () => void }) {
  const text = useText();
  return (
    <section className="mt-3 flex animate-fade flex-wrap items-center gap-4 rounded-card bg-amber-soft p-4">
      <CalendarClock aria-hidden className="size-6 shrink-0 text-amber-ink" />
      <div className="min-w-60 flex-1">
        <h2 className="font-semibold">{text("calendar.empty.title")}</h2>
        <p className="text-[15px]">{text("calendar.empty.body")}</p>
      </div>
      <Button tone="primary" onClick={onSet}>
        {text("calendar.empty.action")}
      </Button>
    </section>
  );
}
