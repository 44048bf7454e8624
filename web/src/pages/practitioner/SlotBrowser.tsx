import { useMemo, useState } from "react";
import type { PractitionerDetail } from "../../api/types";
import { byDay, openCount } from "../../booking/slots";
import { DAYS, useSlots } from "../../booking/useSlots";
import { ErrorNote } from "../../components/ErrorNote";
import { Loading, Skeleton } from "../../components/Skeleton";
import { useText } from "../../messages/useText";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";
import { addDays, cityOf, dayOf, daysFrom } from "../../time/zones";
import { DayStrip } from "./DayStrip";
import { NoSlots } from "./NoSlots";
import { SlotGrid } from "./SlotGrid";

interface Props {
  practitioner: PractitionerDetail;
  service: string;
  /** The day on which to begin: that of the next open slot. */
  firstDay: string;
  busy: string | null;
  onChoose: (start: string) => void;
}

/** A week of days, and the chosen day's slots, live. */
export function SlotBrowser({ practitioner, service, firstDay, busy, onChoose }: Props) {
  const { zone } = useTimes();
  const now = useNow(30_000);
  const today = dayOf(now, zone);
  const [from, setFrom] = useState(firstDay < today ? today : firstDay);
  const [picked, setPicked] = useState<string | null>(null);
  const found = useSlots({ practitioner: practitioner.id, service, from, zone });
  const slots = found.data?.slots;
  const days = useMemo(() => byDay((slots ?? []).filter((slot) => new Date(slot.start) > now), zone), [slots, zone, now]);
  const strip = daysFrom(from, DAYS);
  const day = picked ?? strip.find((each) => openCount(days.get(each)) > 0) ?? from;
  const go = (first: string) => {
    setFrom(first < today ? today : first);
    setPicked(null);
  };

  return (
    <div className="grid gap-4">
      <ZoneNote practitioner={practitioner} day={day} />
      <DayStrip
        days={strip}
        chosen={day}
        open={(each) => openCount(days.get(each))}
        loading={slots === undefined}
        onChoose={setPicked}
        onEarlier={from > today ? () => go(addDays(from, -DAYS)) : null}
        onLater={() => go(addDays(from, DAYS))}
      />
      {found.isError && <ErrorNote error={found.error} onRetry={() => void found.refetch()} />}
      {slots === undefined && !found.isError && <Shapes />}
      {slots !== undefined && (
        <SlotGrid
          list={`${service} ${day}`}
          slots={days.get(day) ?? NONE}
          practitionerZone={practitioner.time_zone}
          busy={busy}
          onChoose={onChoose}
          empty={<NoSlots practitioner={practitioner.id} service={service} day={day} week={strip} onGo={go} />}
        />
      )}
    </div>
  );
}

const NONE: never[] = [];

/** Whose clock the times are by. Both are named where they differ on the chosen day. */
function ZoneNote({ practitioner, day }: { practitioner: PractitionerDetail; day: string }) {
  const text = useText();
  const times = useTimes();
  const there = times.there(`${day}T12:00:00Z`, practitioner.time_zone);
  const zone = cityOf(times.zone);
  return (
    <p className="text-sm text-muted">
      {there === null
        ? text("book.zone", { zone })
        : text("book.zone.both", { zone, name: practitioner.name, there: there.city })}
    </p>
  );
}

function Shapes() {
  return (
    <Loading>
      <div className="grid grid-cols-3 gap-2 sm:grid-cols-4 md:grid-cols-3 lg:grid-cols-5">
        {Array.from({ length: 9 }, (_, index) => (
          <Skeleton key={index} className="h-12" />
        ))}
      </div>
    </Loading>
  );
}
