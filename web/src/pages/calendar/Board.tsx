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
import { type Kind, businessHoursOf, eventsOf, spansOf } from "../../calendar/events";
import { hoursShown } from "../../calendar/hours";
import type { View } from "../../calendar/range";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";

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
    <div className="klear-calendar min-h-[28rem] min-w-0 overflow-hidden rounded-2xl border border-line lg:min-h-0">
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
        eventContent={Content}
        eventClass={eventClass}
        eventClick={(info) => {
          info.jsEvent.preventDefault();
          onPick(info.event.id);
        }}
        noEventsContent={text("calendar.list.empty")}
      />
    </div>
  );
}

const CLOCK = { hour: "numeric", minute: "2-digit" } as const;

function kindOf(info: EventDisplayInfo): Kind {
  return info.event.extendedProps.kind as Kind;
}

function eventClass(info: EventDisplayInfo): string {
  const kind = kindOf(info);
  return classes(
    "animate-fade",
    kind === "held" && "klear-held",
    kind === "over" && "klear-over",
    kind === "booked" && "klear-booked",
  );
}

function Content(info: EventDisplayInfo) {
  const service = String(info.event.extendedProps.service);
  const list = info.view.type === NAMES.list;
  return (
    <div className={classes("min-w-0 leading-tight", list ? "flex flex-1 flex-wrap items-center gap-x-4 gap-y-1" : "px-1.5 py-1")}>
      <span className={classes("text-xs tabular-nums text-muted", list ? "w-28 shrink-0 !text-[15px]" : "block")}>
        {info.timeText}
      </span>
      <span className={classes("font-medium", list ? "text-base" : "block truncate text-sm")}>
        {kindOf(info) === "held" && (
          <span className="mr-1.5 inline-block size-2 rounded-full bg-clay align-baseline" aria-hidden />
        )}
        {info.event.title}
      </span>
      {service && <span className={classes("text-muted", list ? "text-[15px]" : "block truncate text-xs")}>{service}</span>}
    </div>
  );
}
