import { Hourglass } from "lucide-react";
import { useState } from "react";
import type { Hold, PractitionerDetail } from "../../api/types";
import { clockOf, secondsLeft } from "../../booking/hold";
import { usePrice } from "../../booking/usePrice";
import type { Booking } from "../../booking/useBooking";
import { Button } from "../../components/Button";
import { ErrorNote } from "../../components/ErrorNote";
import { TextArea } from "../../components/TextArea";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";
import { Summary } from "./Summary";

/** As much as the API takes. */
const NOTE_MAX = 2000;

/** From here on the countdown speaks up. */
const SOON_S = 60;

interface Props {
  practitioner: PractitionerDetail;
  hold: Hold;
  booking: Booking;
}

/** The second step: the slot is held; a note if one likes, and the decision. */
export function Details({ practitioner, hold, booking }: Props) {
  const text = useText();
  const times = useTimes();
  const price = usePrice();
  const [note, setNote] = useState("");
  const left = secondsLeft(hold.expires_at, useNow(1000));
  const service = practitioner.services.find((each) => each.id === hold.service_id);
  const time = times.time(hold.start);
  const busy = booking.busy !== null;
  const over = left === 0 && !busy;
  const again = () => void booking.hold(hold.start, { practitioner: practitioner.id, service: hold.service_id });
  return (
    <form
      className="grid gap-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!over) void booking.book(note);
      }}
    >
      <Countdown time={time} left={left} over={over} />
      <Summary
        service={service?.name ?? ""}
        {...(service ? { price: price(service.price) } : {})}
        practitioner={practitioner.name}
        start={hold.start}
        end={hold.end}
        zone={practitioner.time_zone}
      />
      <div>
        <TextArea
          label={text("book.note", { name: practitioner.name })}
          hint={text("book.note.hint")}
          value={note}
          maxLength={NOTE_MAX}
          onChange={(event) => setNote(event.currentTarget.value)}
        />
        {note.length > NOTE_MAX * 0.9 && (
          <p className="mt-1 text-sm text-muted">{text("book.note.left", { count: NOTE_MAX - note.length })}</p>
        )}
      </div>
      {booking.refusal && <ErrorNote error={booking.refusal} />}
      <div className="sticky bottom-[calc(3.75rem+env(safe-area-inset-bottom))] -mx-4 flex flex-row-reverse gap-2 border-t border-line bg-paper/95 px-4 py-3 backdrop-blur md:static md:mx-0 md:flex-row md:border-0 md:bg-transparent md:p-0">
        {over ? (
          <Button tone="primary" size="large" className="max-md:flex-1" onClick={again}>
            {text("book.held.again", { time })}
          </Button>
        ) : (
          <Button type="submit" tone="primary" size="large" className="max-md:flex-1" busy={busy}>
            {text(busy ? "book.submitting" : "book.submit", { time })}
          </Button>
        )}
        <Button size="large" className="!px-4" onClick={booking.release} disabled={busy}>
          {text("book.another")}
        </Button>
      </div>
      <p className="text-sm text-muted">{text("book.cancelHint")}</p>
    </form>
  );
}

function Countdown({ time, left, over }: { time: string; left: number; over: boolean }) {
  const text = useText();
  const soon = left <= SOON_S;
  const words = over
    ? text("book.held.over", { time })
    : text(soon ? "book.held.soon" : "book.held", { time, left: clockOf(left) });
  return (
    <div
      className={classes(
        "flex items-center gap-3 rounded-card px-4 py-3 text-[15px] tabular-nums transition-colors",
        over ? "bg-red-soft" : soon ? "bg-amber-soft" : "bg-sage-soft",
      )}
    >
      <Hourglass aria-hidden className="size-5 shrink-0" />
      {/* Every second would be too much to listen to: spoken once when held, once when time gets short, once when it is over. */}
      <p aria-hidden={!over}>{words}</p>
      <p role="status" className="sr-only">
        {over ? words : text(soon ? "book.held.soon" : "book.held", { time, left: clockOf(soon ? SOON_S : 300) })}
      </p>
    </div>
  );
}
