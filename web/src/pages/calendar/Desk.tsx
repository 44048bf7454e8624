import { useMemo, useState } from "react";
import { useIntl } from "react-intl";
import type { Appointment, Availability, Named } from "../../api/types";
import { daysShown, firstDayOf, stepped, type View, windowOf } from "../../calendar/range";
import { useAvailability } from "../../calendar/useAvailability";
import { useCalendar } from "../../calendar/useCalendar";
import { useKeys } from "../../calendar/useKeys";
import { ErrorNote } from "../../components/ErrorNote";
import { PageSkeleton } from "../../components/PageSkeleton";
import { useText } from "../../messages/useText";
import { useNow } from "../../time/useNow";
import { dayOf } from "../../time/zones";
import { AppointmentSheet } from "./AppointmentSheet";
import { Board } from "./Board";
import { DayPanel } from "./DayPanel";
import { HoursSheet } from "./HoursSheet";
import { KeysDialog } from "./KeysDialog";
import { NoHours } from "./NoHours";
import { Toolbar } from "./Toolbar";

interface Props {
  practitioner: Named;
  /** Whose calendars may be chosen; none: it is one's own. */
  choices: readonly Named[];
  onChoose?: (id: string) => void;
}

/** A calendar to work at: the week fills the window, today's queue stands beside it. */
export function Desk(props: Props) {
  const hours = useAvailability(props.practitioner.id);
  if (hours.data) return <Working {...props} hours={hours.data} />;
  if (hours.isPending) return <PageSkeleton />;
  return (
    <div className="mx-auto w-full max-w-3xl px-safe py-8">
      <ErrorNote error={hours.error} onRetry={() => void hours.refetch()} />
    </div>
  );
}

/** When today is done, the next session is looked for this far ahead. */
const AHEAD_DAYS = 14;

function Working({ practitioner, choices, onChoose, hours }: Props & { hours: Availability }) {
  const text = useText();
  const now = useNow(15_000);
  const desk = useDesk(dayOf(now, hours.time_zone));
  const { locale } = useIntl();
  const firstDay = useMemo(() => firstDayOf(locale), [locale]);
  const found = useCalendar(practitioner.id, windowOf(daysShown(desk.view, desk.day, firstDay)));
  const ahead = useCalendar(practitioner.id, windowOf({ first: desk.today, count: AHEAD_DAYS }));
  const known = [...(found.data?.appointments ?? []), ...(ahead.data?.appointments ?? [])];
  const picked = known.find((each) => each.id === desk.picked) ?? null;
  useKeys(desk.keys);
  return (
    <div className="mx-auto flex w-full max-w-[100rem] flex-1 flex-col gap-4 px-safe py-4 lg:grid lg:h-[calc(100dvh-3.8rem)] lg:grid-cols-[minmax(0,1fr)_20rem] lg:grid-rows-[auto_minmax(0,1fr)] lg:gap-x-6">
      <h1 className="sr-only">{text("calendar.of", { name: practitioner.name })}</h1>
      <div className="lg:col-span-2">
        <Toolbar
          desk={desk}
          firstDay={firstDay}
          zone={hours.time_zone}
          practitioner={practitioner}
          choices={choices}
          {...(onChoose ? { onChoose } : {})}
        />
        {found.isError && <ErrorNote error={found.error} onRetry={() => void found.refetch()} className="mt-3" />}
        {hours.rules.length === 0 && <NoHours onSet={() => desk.setOpen("hours")} />}
      </div>
      <Board
        view={desk.view}
        day={desk.day}
        firstDay={firstDay}
        hours={hours}
        data={found.data}
        now={now}
        onPick={desk.setPicked}
      />
      <DayPanel practitioner={practitioner} zone={hours.time_zone} now={now} data={ahead.data} onPick={desk.setPicked} />
      <AppointmentSheet
        appointment={picked}
        zone={hours.time_zone}
        now={now}
        onClose={() => desk.setPicked(null)}
      />
      {desk.open === "hours" && (
        <HoursSheet practitioner={practitioner} hours={hours} onClose={() => desk.setOpen(null)} />
      )}
      <KeysDialog open={desk.open === "keys"} onClose={() => desk.setOpen(null)} />
    </div>
  );
}

/** What the desk shows, and the ways to change it. */
export interface DeskState {
  view: View;
  day: string;
  today: string;
  picked: Appointment["id"] | null;
  open: "hours" | "keys" | null;
  setView: (view: View) => void;
  setPicked: (id: string | null) => void;
  setOpen: (open: "hours" | "keys" | null) => void;
  step: (by: 1 | -1) => void;
  goToday: () => void;
  keys: Readonly<Record<string, () => void>>;
}

/** Below this width a week has no room for its words: the list is the better start. */
const WIDE = "(min-width: 48rem)";

function useDesk(today: string): DeskState {
  const [view, setView] = useState<View>(() => (window.matchMedia(WIDE).matches ? "week" : "list"));
  const [chosen, setChosen] = useState<string | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const [open, setOpen] = useState<"hours" | "keys" | null>(null);
  const day = chosen ?? today;
  const step = (by: 1 | -1) => setChosen(stepped(view, day, by));
  const goToday = () => setChosen(null);
  const keys = {
    t: goToday,
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    k: () => step(-1),
    j: () => step(1),
    w: () => setView("week"),
    d: () => setView("day"),
    l: () => setView("list"),
    h: () => setOpen("hours"),
    "?": () => setOpen("keys"),
  };
  return { view, day, today, picked, open, setView, setPicked, setOpen, step, goToday, keys };
}
