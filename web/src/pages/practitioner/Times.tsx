import { CalendarOff } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import type { PractitionerDetail, Service } from "../../api/types";
import type { Booking } from "../../booking/useBooking";
import { EmptyState } from "../../components/EmptyState";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";
import { useTimes } from "../../time/useTimes";
import { dayOf } from "../../time/zones";
import { Refused } from "./Refused";
import { ServiceChoice } from "./ServiceChoice";
import { SlotBrowser } from "./SlotBrowser";

interface Props {
  practitioner: PractitionerDetail;
  booking: Booking;
}

/** The first step: what for, which day, which time. */
export function Times({ practitioner, booking }: Props) {
  const text = useText();
  const times = useTimes();
  const [search, setSearch] = useSearchParams();
  const service = chosenService(practitioner.services, search.get("service"));
  const choose = useChoose(practitioner.id, service, booking);
  const [first] = useState(() => practitioner.next_open ?? new Date());
  if (service === undefined) {
    return (
      <EmptyState icon={<CalendarOff className="size-6" />} title={text("book.service.none.title")}>
        {text("book.service.none.body", { name: practitioner.name })}
      </EmptyState>
    );
  }
  return (
    <div className="grid gap-5">
      <ServiceChoice
        services={practitioner.services}
        chosen={service.id}
        onChoose={(id) => setSearch({ service: id }, { replace: true, preventScrollReset: true })}
      />
      {booking.refusal && <Refused error={booking.refusal} onChoose={choose} />}
      <SlotBrowser
        key={service.id}
        practitioner={practitioner}
        service={service.id}
        firstDay={dayOf(first, times.zone)}
        busy={booking.busy}
        onChoose={choose}
      />
    </div>
  );
}

function chosenService(services: readonly Service[], wanted: string | null): Service | undefined {
  return services.find((each) => each.id === wanted) ?? services[0];
}

/**
 * Holds the chosen slot. Who is not signed in does that first: the address carries the slot there and back, and the
 * booking goes on where it stopped.
 */
function useChoose(practitioner: string, service: Service | undefined, booking: Booking): (start: string) => void {
  const { session } = useSession();
  const navigate = useNavigate();
  const [search, setSearch] = useSearchParams();
  const resumed = useRef(false);
  const wanted = search.get("slot");
  const { hold } = booking;
  const signedIn = session.state === "signed-in";

  useEffect(() => {
    if (!signedIn || wanted === null || service === undefined || resumed.current) return;
    resumed.current = true;
    setSearch({ service: service.id }, { replace: true });
    void hold(wanted, { practitioner, service: service.id });
  }, [signedIn, wanted, service, hold, practitioner, setSearch]);

  return (start) => {
    if (service === undefined) return;
    if (signedIn) return void hold(start, { practitioner, service: service.id });
    const here = new URLSearchParams({ service: service.id, slot: start });
    const next = new URLSearchParams({ next: `/practitioners/${practitioner}?${here.toString()}` });
    void navigate(`/sign-in?${next.toString()}`);
  };
}
