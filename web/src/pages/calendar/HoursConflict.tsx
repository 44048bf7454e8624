import type { Availability } from "../../api/types";
import { grouped, weekOf } from "../../calendar/hours";
import { Button } from "../../components/Button";
import { useText } from "../../messages/useText";
import { useWeekday } from "./useWeekday";

interface Props {
  theirs: Availability;
  onTake: () => void;
  onKeep: () => void;
}

/** Somebody else saved meanwhile: shows his hours, and lets the person decide. */
export function HoursConflict({ theirs, onTake, onKeep }: Props) {
  const text = useText();
  const weekday = useWeekday();
  const groups = grouped(weekOf(theirs.rules));
  return (
    <section role="alert" className="mt-3 grid animate-fade gap-3 rounded-card bg-amber-soft p-4 text-[15px]">
      <h3 className="font-semibold">{text("hours.conflict.title")}</h3>
      <div>
        <p>{text("hours.conflict.theirs")}</p>
        <ul className="mt-1 tabular-nums">
          {groups.length === 0 && <li>{text("hours.conflict.none")}</li>}
          {groups.map(({ days, spans }) => (
            <li key={days[0]}>
              {[days[0], days.length > 1 ? days.at(-1) : undefined]
                .filter((day) => day !== undefined)
                .map((day) => weekday(day, "short"))
                .join(" – ")}
              {": "}
              {spans.map((span) => `${span.start} – ${span.end}`).join(", ")}
            </li>
          ))}
        </ul>
      </div>
      <div className="grid gap-2 sm:flex">
        <Button onClick={onTake}>{text("hours.conflict.useTheirs")}</Button>
        <Button onClick={onKeep}>{text("hours.conflict.keepMine")}</Button>
      </div>
    </section>
  );
}
