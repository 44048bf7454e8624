import { CircleCheck, Copy, DoorOpen } from "lucide-react";
import { Link } from "react-router";
import type { Appointment, PractitionerDetail } from "../../api/types";
import { useJoinLink } from "../../booking/useJoinLink";
import { Button } from "../../components/Button";
import { CopyField } from "../../components/CopyField";
import { ErrorNote } from "../../components/ErrorNote";
import { buttonClass } from "../../components/buttonClass";
import { useText } from "../../messages/useText";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";
import { Summary } from "./Summary";

interface Props {
  practitioner: PractitionerDetail;
  appointment: Appointment;
}

/** The third step: it is booked. What it is, how to get in, and the link for another device. */
export function Confirmed({ practitioner, appointment }: Props) {
  const text = useText();
  const times = useTimes();
  const now = useNow(30_000);
  const opens = appointment.join_opens_at;
  return (
    <div className="grid animate-fade gap-5">
      <div className="flex items-center gap-4 rounded-card bg-sage-soft p-4">
        <CircleCheck aria-hidden className="size-8 shrink-0 text-sage-ink" />
        <div>
          <p className="text-lg font-semibold">{text("book.done.title")}</p>
          <p className="text-[15px]">{text("book.done.lead", { name: practitioner.name })}</p>
        </div>
      </div>
      <Summary
        service={appointment.service_name}
        practitioner={practitioner.name}
        start={appointment.start}
        end={appointment.end}
        zone={appointment.time_zone}
      />
      {appointment.note && (
        <section className="rounded-card border border-line bg-raised p-4">
          <h3 className="text-sm font-medium text-muted">{text("book.done.note")}</h3>
          <p className="mt-1 whitespace-pre-wrap">{appointment.note}</p>
        </section>
      )}
      <div className="grid gap-2 sm:flex sm:flex-wrap">
        <Link to={`/rooms/${appointment.id}`} className={buttonClass("primary", "large")}>
          <DoorOpen aria-hidden className="size-5" />
          {text("book.done.room")}
        </Link>
        <CopyLink appointment={appointment.id} />
        <Link to="/appointments" className={buttonClass("quiet", "large")}>
          {text("book.done.all")}
        </Link>
      </div>
      {opens && new Date(opens) > now && (
        <p className="text-sm text-muted">{text("book.done.opens", { date: times.shortDate(opens), time: times.time(opens) })}</p>
      )}
    </div>
  );
}

function CopyLink({ appointment }: { appointment: string }) {
  const text = useText();
  const link = useJoinLink(appointment);
  return (
    <>
      <Button
        size="large"
        busy={link.outcome.state === "busy"}
        onClick={() => void link.copy()}
        icon={<Copy aria-hidden className="size-5" />}
      >
        {text("book.done.link")}
      </Button>
      <div role="status" className="basis-full text-sm text-muted empty:hidden sm:order-last">
        {link.outcome.state === "copied" && text("book.done.copied")}
        {link.byHand !== null && <CopyField label={text("book.done.linkField")} value={link.byHand} />}
      </div>
      {link.outcome.state === "failed" && <ErrorNote error={link.outcome.error} className="basis-full sm:order-last" />}
    </>
  );
}
