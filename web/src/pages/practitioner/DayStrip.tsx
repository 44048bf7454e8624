import { ChevronLeft, ChevronRight } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";

interface Props {
  days: string[];
  chosen: string;
  /** How many open slots a day has. */
  open: (day: string) => number;
  loading: boolean;
  onChoose: (day: string) => void;
  onEarlier: (() => void) | null;
  onLater: () => void;
}

/** Seven days in a row; a dot says that there is something open. Arrow keys go from day to day. */
export function DayStrip({ days, chosen, open, loading, onChoose, onEarlier, onLater }: Props) {
  const text = useText();
  const times = useTimes();
  return (
    <div>
      <div className="mb-2 flex items-center justify-between">
        <p aria-live="polite" className="font-medium">
          {times.day(chosen).month}
        </p>
        <div className="flex gap-1">
          <button
            type="button"
            className={buttonClass("plain", "icon")}
            aria-label={text("book.days.earlier")}
            disabled={onEarlier === null}
            onClick={() => onEarlier?.()}
          >
            <ChevronLeft aria-hidden className="size-5" />
          </button>
          <button
            type="button"
            className={buttonClass("plain", "icon")}
            aria-label={text("book.days.later")}
            onClick={onLater}
          >
            <ChevronRight aria-hidden className="size-5" />
          </button>
        </div>
      </div>
      <ToggleGroup.Root
        type="single"
        value={chosen}
        onValueChange={(day) => day !== "" && onChoose(day)}
        aria-label={text("book.days")}
        className="grid grid-cols-7 gap-1 sm:gap-2"
      >
        {days.map((day) => (
          <Day key={day} day={day} open={loading ? null : open(day)} />
        ))}
      </ToggleGroup.Root>
    </div>
  );
}

function Day({ day, open }: { day: string; open: number | null }) {
  const text = useText();
  const parts = useTimes().day(day);
  return (
    <ToggleGroup.Item
      value={day}
      aria-label={open === null ? parts.full : text("book.days.open", { day: parts.full, count: open })}
      className={classes(
        "group grid min-h-16 justify-items-center rounded-card py-1.5 transition-colors hover:bg-sunken",
        "data-[state=on]:bg-sage data-[state=on]:text-on-sage",
        open === 0 && "text-muted",
      )}
    >
      <span className="text-xs">{parts.weekday}</span>
      <span className={classes("text-lg leading-tight", open !== 0 && "font-semibold")}>{parts.number}</span>
      <span
        className={classes(
          "size-1.5 rounded-full bg-sage transition-opacity group-data-[state=on]:bg-on-sage",
          !open && "opacity-0",
        )}
      />
    </ToggleGroup.Item>
  );
}
