import type { ReactNode } from "react";
import type { Slot } from "../../api/types";
import type { ShownSlot } from "../../booking/shown";
import { byPart } from "../../booking/slots";
import { useShown } from "../../booking/useShown";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { type Times, useTimes } from "../../time/useTimes";

interface Props {
  /** Names the list (a day of a service): only within one list do changes move. */
  list: string;
  slots: readonly Slot[];
  practitionerZone: string;
  busy: string | null;
  onChoose: (start: string) => void;
  empty: ReactNode;
}

/** A day's times, by part of the day. What others do to them is seen as they do it. */
export function SlotGrid({ list, slots, practitionerZone, busy, onChoose, empty }: Props) {
  const text = useText();
  const times = useTimes();
  const shown = useShown(list, slots);
  if (shown.length === 0) return empty;
  return (
    <div className="grid gap-5">
      {byPart(shown, times.zone).map(({ part, slots: some }) => (
        <section key={part} aria-label={text(`book.part.${part}`)}>
          <h3 className="mb-2 text-sm font-medium text-muted">{text(`book.part.${part}`)}</h3>
          <ul className="grid grid-cols-3 gap-2 sm:grid-cols-4 md:grid-cols-3 lg:grid-cols-5">
            {some.map((slot) => (
              <li key={slot.start} className={MOTION[slot.phase]}>
                <SlotButton
                  slot={slot}
                  there={times.there(slot.start, practitionerZone)}
                  busy={busy}
                  onChoose={onChoose}
                />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

const MOTION = { new: "animate-enter", gone: "animate-leave", steady: undefined } as const;

interface SlotProps {
  slot: ShownSlot;
  there: ReturnType<Times["there"]>;
  busy: string | null;
  onChoose: (start: string) => void;
}

function SlotButton({ slot, there, busy, onChoose }: SlotProps) {
  const time = useTimes().time(slot.start);
  const held = slot.state === "held";
  const off = held || slot.phase === "gone" || busy !== null;
  return (
    <button
      type="button"
      aria-disabled={off || undefined}
      aria-busy={busy === slot.start || undefined}
      onClick={() => !off && onChoose(slot.start)}
      className={classes(
        "grid min-h-13 w-full content-center justify-items-center rounded-card border px-1 py-1.5 leading-tight",
        "transition-colors duration-500",
        held
          ? "cursor-default border-dashed border-line-strong/50 text-muted"
          : "border-line-strong/60 bg-raised font-medium text-sage-ink hover:border-sage hover:bg-sage-soft",
        busy === slot.start && "animate-breathe border-sage bg-sage-soft",
      )}
    >
      <span className="text-base tabular-nums">{time}</span>
      {held ? <Held /> : <Open there={there} />}
    </button>
  );
}

/** Under a time that can be had: the other side's clock, where it shows another time. */
function Open({ there }: Pick<SlotProps, "there">) {
  const text = useText();
  return (
    <>
      {there && (
        <span className="text-xs font-normal text-muted tabular-nums">
          {there.time} <span className="sr-only">{text("book.slot.there", { city: there.city })}</span>
        </span>
      )}
      <span className="sr-only">{text("book.slot.choose")}</span>
    </>
  );
}

function Held() {
  const text = useText();
  return (
    <span className="flex animate-fade items-center gap-1.5 whitespace-nowrap text-xs">
      <span aria-hidden className="size-1.5 rounded-full bg-clay" />
      {text("book.slot.held")}
      <span className="sr-only">{text("book.slot.by")}</span>
    </span>
  );
}
