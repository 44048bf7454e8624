import FullCalendar, { type CalendarRef, type EventDisplayInfo } from "@fullcalendar/react";
import listPlugin from "@fullcalendar/react/list";
import interactionPlugin from "@fullcalendar/react/interaction";
import "@fullcalendar/react/skeleton.css";
import themePlugin from "@fullcalendar/react/themes/classic";
import "@fullcalendar/react/themes/classic/theme.css";
import timeGridPlugin from "@fullcalendar/react/timegrid";
import { useEffect, useMemo, useRef } from "react";
import { useIntl } from "react-intl";
import type { Availability, CalendarRange } from "../../api/types";
import "../../calendar/calendar.css";
import { type Shown, businessHoursOf, eventsOf, spansOf } from "../../calendar/events";
import { hoursShown } from "../../calendar/hours";
import type { View } from "../../calendar/range";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";

interface Props {
  view: View;
  day: string;
  firstDay: number;
  hours: Availability;
  data: CalendarRange | undefined;
  now: Date;
  onPick: (id: string) => void;
}

const NAMES = { week: "timeGridWeek", day: "timeGridDay", list: "listWeek" } as const;
/** A list is as long as what is in it; the others fill their box. */
const VIEW_OPTIONS = { list: { height: "auto" } } as const;
const PLUGINS = [timeGridPlugin, listPlugin, interactionPlugin, themePlugin];

/** The calendar itself. It only shows: what it shows, and which days, is decided outside. */
export function Board({ view, day, firstDay, hours, data, now, onPick }: Props) {
  const text = useText();
  const { locale } = useIntl();
  const calendar = useRef<CalendarRef>(null);
  const zone = hours.time_zone;
  const events = useMemo(() => eventsOf(data, now, text("calendar.held")), [data, now, text]);
  const shown = useMemo(() => hoursShown(hours.rules, spansOf(data, zone)), [hours.rules, data, zone]);
  const open = useMemo(() => businessHoursOf(hours.rules), [hours.rules]);
  useEffect(() => {
    // FullCalendar renders by flushSync, which React refuses while it commits.
    queueMicrotask(() => calendar.current?.getApi().changeView(NAMES[view], day));
  }, [view, day]);
  return (
    <div className={classes(
        "klear-calendar min-w-0 overflow-x-hidden overflow-y-auto rounded-2xl border border-line lg:h-auto lg:min-h-0",
        view === "list" ? "min-h-40 bg-raised" : "h-[75dvh] min-h-[28rem]",
      )}>
      <FullCalendar
        ref={calendar}
        plugins={PLUGINS}
        initialView={NAMES[view]}
        initialDate={day}
        headerToolbar={false}
        locale={locale}
        firstDay={firstDay}
        timeZone={zone}
        now={now.toISOString()}
        nowIndicator
        height="100%"
        views={VIEW_OPTIONS}
        expandRows
        borderless
        allDaySlot={false}
        slotDuration="00:30:00"
        slotMinTime={shown.from}
        slotMaxTime={shown.to}
        slotHeaderFormat={CLOCK}
        eventTimeFormat={CLOCK}
        dayHeaderFormat={{ weekday: "short", day: "numeric" }}
        businessHours={open}
        events={events}
        eventContent={(info) => <Content info={info} zone={zone} />}
        eventClass={eventClass}
        eventClick={(info) => {
          info.jsEvent.preventDefault();
          onPick(info.event.id);
        }}
        listItemEventBeforeClass="!hidden"
        noEventsClass="!bg-transparent"
        noEventsInnerClass="!text-muted"
        noEventsContent={text("calendar.list.empty")}
      />
    </div>
  );
}

const CLOCK = { hour: "2-digit", minute: "2-digit" } as const;

function shownOf(info: EventDisplayInfo): Shown {
  return info.event.extendedProps as Shown;
}

function eventClass(info: EventDisplayInfo): string {
  const listed = info.view.type === NAMES.list && "klear-listed";
  return classes("animate-fade overflow-hidden", `klear-${shownOf(info).kind}`, listed);
}

/** Below this a column's event has room for one line only. */
const TWO_LINES_MS = 40 * 60_000;

function Content({ info, zone }: { info: EventDisplayInfo; zone: string }) {
  const times = useTimes();
  const { kind, service, from, to } = shownOf(info);
  const title = (
    <span className="font-medium">
      {kind === "held" && <span className="mr-1.5 inline-block size-2 rounded-full bg-clay align-baseline" />}
      {info.event.title}
    </span>
  );
  if (info.view.type === NAMES.list) {
    return (
      <div className="flex flex-1 flex-wrap items-center gap-x-4 gap-y-1 text-base">
        <span className="w-28 shrink-0 tabular-nums">{times.span(from, to, zone)}</span>
        {title}
        <span className="text-[15px] text-muted">{service}</span>
      </div>
    );
  }
  const tall = Date.parse(to) - Date.parse(from) >= TWO_LINES_MS;
  return (
    <div className="min-w-0 flex-1 px-1 text-[13px] leading-snug">
      <p className="truncate">
        {title} <span className="text-xs tabular-nums">{times.time(from, zone)}</span>
      </p>
      {tall && <p className="truncate text-xs">{service}</p>}
    </div>
  );
}
