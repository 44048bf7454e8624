import { ChevronLeft, ChevronRight, Clock, Keyboard } from "lucide-react";
import { ToggleGroup } from "radix-ui";
import { useIntl } from "react-intl";
import type { Named } from "../../api/types";
import { VIEWS, type View, daysShown } from "../../calendar/range";
import { Button } from "../../components/Button";
import { inputClass } from "../../components/Field";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";
import { addDays, cityOf, noonOf, zonesDiffer } from "../../time/zones";
import type { DeskState } from "./Desk";

interface Props {
  desk: DeskState;
  firstDay: number;
  zone: string;
  practitioner: Named;
  choices: readonly Named[];
  onChoose?: (id: string) => void;
}

/** Which days, which view, whose calendar; and the way to the working hours. */
export function Toolbar({ desk, firstDay, zone, practitioner, choices, onChoose }: Props) {
  const text = useText();
  const own = useTimes().zone;
  return (
    <div className="flex flex-wrap items-center gap-2">
      <div className="flex items-center gap-1">
        <Button onClick={desk.goToday} disabled={desk.day === desk.today}>
          {text("calendar.today")}
        </Button>
        <Button size="icon" tone="quiet" aria-label={text("calendar.previous")} onClick={() => desk.step(-1)}>
          <ChevronLeft aria-hidden className="size-5" />
        </Button>
        <Button size="icon" tone="quiet" aria-label={text("calendar.next")} onClick={() => desk.step(1)}>
          <ChevronRight aria-hidden className="size-5" />
        </Button>
      </div>
      <div className="mr-auto min-w-0 max-md:order-3 max-md:basis-[calc(100%-10rem)]">
        <p aria-live="polite" className="text-lg font-semibold tracking-tight">
          <Range desk={desk} firstDay={firstDay} />
        </p>
        {zonesDiffer(noonOf(desk.day), zone, own) && (
          <p className="text-sm text-muted">{text("calendar.zone", { city: cityOf(zone) })}</p>
        )}
      </div>
      {choices.length > 1 && onChoose && <Whose chosen={practitioner} choices={choices} onChoose={onChoose} />}
      <ViewSwitch view={desk.view} onView={desk.setView} />
      <Button
        className="max-md:order-2 max-md:ml-auto"
        onClick={() => desk.setOpen("hours")}
        aria-label={text("calendar.hours")}
        icon={<Clock aria-hidden className="size-4" />}
      >
        <span className="lg:hidden">{text("calendar.hours.short")}</span>
        <span className="max-lg:hidden">{text("calendar.hours")}</span>
      </Button>
      <Button
        size="icon"
        tone="quiet"
        className="max-lg:hidden"
        aria-label={text("calendar.keys")}
        onClick={() => desk.setOpen("keys")}
      >
        <Keyboard aria-hidden className="size-5" />
      </Button>
    </div>
  );
}

function Range({ desk, firstDay }: { desk: DeskState; firstDay: number }) {
  const { locale } = useIntl();
  const { first, count } = daysShown(desk.view, desk.day, firstDay);
  const options = { timeZone: "UTC", day: "numeric", month: "long", year: "numeric" } as const;
  if (count === 1) return new Intl.DateTimeFormat(locale, { ...options, weekday: "long" }).format(noonOf(first));
  return new Intl.DateTimeFormat(locale, options).formatRange(noonOf(first), noonOf(addDays(first, count - 1)));
}

function ViewSwitch({ view, onView }: { view: View; onView: (view: View) => void }) {
  const text = useText();
  return (
    <ToggleGroup.Root
      type="single"
      value={view}
      onValueChange={(chosen) => chosen !== "" && onView(chosen as View)}
      aria-label={text("calendar.view")}
      className="flex rounded-card border border-line-strong/60 bg-raised p-0.5 max-md:order-4"
    >
      {VIEWS.map((each) => (
        <ToggleGroup.Item
          key={each}
          value={each}
          className={classes(
            "min-h-10 rounded-[10px] px-3.5 text-[15px] font-medium transition-colors",
            "text-muted hover:text-ink data-[state=on]:bg-sage data-[state=on]:text-on-sage",
            each === "week" && "max-md:hidden",
          )}
        >
          {text(`calendar.view.${each}`)}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}

interface WhoseProps {
  chosen: Named;
  choices: readonly Named[];
  onChoose: (id: string) => void;
}

function Whose({ chosen, choices, onChoose }: WhoseProps) {
  const text = useText();
  return (
    <select
      aria-label={text("calendar.whose")}
      value={chosen.id}
      onChange={(event) => onChoose(event.currentTarget.value)}
      className={classes(inputClass, buttonClass("plain"), "!w-auto max-w-60 !text-[15px] max-md:order-5 max-md:!w-full max-md:max-w-none")}
    >
      {choices.map((each) => (
        <option key={each.id} value={each.id}>
          {each.name}
        </option>
      ))}
    </select>
  );
}
