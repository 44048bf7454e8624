import { Tabs } from "radix-ui";
import { useMemo, useState } from "react";
import { useTitle } from "../../app/useTitle";
import type { Appointment } from "../../api/types";
import { otherOf, split } from "../../appointments/list";
import { useAppointments } from "../../appointments/useAppointments";
import { Button } from "../../components/Button";
import { ErrorNote } from "../../components/ErrorNote";
import { Loading, Skeleton } from "../../components/Skeleton";
import { useToast } from "../../components/Toaster";
import { useText } from "../../messages/useText";
import { usePerson } from "../../session/context";
import { useNow } from "../../time/useNow";
import { useTimes } from "../../time/useTimes";
import { AppointmentList } from "./AppointmentList";
import { CancelDialog } from "./CancelDialog";
import { NoPast, NoUpcoming } from "./NoAppointments";

/** What I booked, or what was booked with me: what is next, what was, and the way in. Changes by itself. */
export function AppointmentsPage() {
  const text = useText();
  const now = useNow(15_000);
  const [asked, setAsked] = useState<Appointment | null>(null);
  const [own] = useState(() => new Set<string>());
  const found = useAppointments(useNews(own));
  const { upcoming, past } = useMemo(() => split(found.data ?? [], now), [found.data, now]);
  useTitle(text("appointments.title"));
  return (
    <div className="mx-auto w-full max-w-3xl px-safe py-6 md:py-10">
      <h1 className="text-2xl font-semibold tracking-tight md:text-3xl">{text("appointments.title")}</h1>
      <Tabs.Root defaultValue="upcoming" className="mt-4">
        <Tabs.List aria-label={text("appointments.tabs")} className="mb-5 flex gap-1 border-b border-line">
          <Tab value="upcoming" count={upcoming.length} />
          <Tab value="past" />
        </Tabs.List>
        {found.isError && <ErrorNote error={found.error} onRetry={() => void found.refetch()} className="mb-4" />}
        {found.isPending && <Shapes />}
        {found.data && (
          <>
            <Tabs.Content value="upcoming">
              {upcoming.length === 0 ? (
                <NoUpcoming />
              ) : (
                <AppointmentList appointments={upcoming} now={now} onCancel={setAsked} highlight />
              )}
            </Tabs.Content>
            <Tabs.Content value="past">
              {past.length === 0 ? <NoPast /> : <AppointmentList appointments={past} now={now} onCancel={setAsked} />}
              {found.earlier && past.length > 0 && (
                <div className="mt-6 grid justify-center">
                  <Button busy={found.isPlaceholderData} onClick={found.earlier}>
                    {text("appointments.earlier")}
                  </Button>
                </div>
              )}
            </Tabs.Content>
          </>
        )}
      </Tabs.Root>
      <CancelDialog appointment={asked} onCancelling={(id) => own.add(id)} onClose={() => setAsked(null)} />
    </div>
  );
}

function Tab({ value, count }: { value: "upcoming" | "past"; count?: number }) {
  const text = useText();
  return (
    <Tabs.Trigger
      value={value}
      className="-mb-px flex min-h-11 items-center gap-2 border-b-2 border-transparent px-3 font-medium text-muted transition-colors hover:text-ink data-[state=active]:border-sage data-[state=active]:text-ink"
    >
      {text(`appointments.${value}`)}
      {count !== undefined && count > 0 && (
        <span className="rounded-full bg-sage-soft px-2 text-sm text-sage-ink">{count}</span>
      )}
    </Tabs.Trigger>
  );
}

/** Says what others did. What this person does himself is answered where he does it. */
function useNews(own: ReadonlySet<string>) {
  const text = useText();
  const say = useToast();
  const times = useTimes();
  const person = usePerson();
  return (changed: Appointment, known: Appointment | undefined) => {
    if (known?.status === changed.status || own.has(changed.id)) return;
    const name = otherOf(changed, person.id).name;
    const when = `${times.shortDate(changed.start)}, ${times.time(changed.start)}`;
    const values = { service: changed.service_name, name, when };
    if (changed.status === "booked" && known === undefined) say(text("appointments.live.booked", values));
    if (changed.status === "cancelled") say(text("appointments.live.cancelled", values), "note");
  };
}

function Shapes() {
  return (
    <Loading>
      <div className="grid gap-3">
        <Skeleton className="h-36" />
        <Skeleton className="h-24" />
        <Skeleton className="h-24" />
      </div>
    </Loading>
  );
}
