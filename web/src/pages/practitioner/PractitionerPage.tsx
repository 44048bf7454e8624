import { useQuery } from "@tanstack/react-query";
import { ArrowLeft } from "lucide-react";
import { useEffect, useRef } from "react";
import { Link, useParams } from "react-router";
import { useTitle } from "../../app/useTitle";
import type { PractitionerDetail } from "../../api/types";
import { type Step, useBooking } from "../../booking/useBooking";
import { ErrorNote } from "../../components/ErrorNote";
import { Loading, Skeleton } from "../../components/Skeleton";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useApi, useSession } from "../../session/context";
import { Confirmed } from "./Confirmed";
import { Details } from "./Details";
import { Profile } from "./Profile";
import { Steps } from "./Steps";
import { Times } from "./Times";

/** A practitioner: who he is, his live slots, and the booking in three steps. */
export function PractitionerPage() {
  const { id = "" } = useParams();
  const api = useApi();
  const { session } = useSession();
  const found = useQuery({
    queryKey: ["practitioner", id],
    enabled: session.state !== "starting",
    queryFn: ({ signal }) => api.get<PractitionerDetail>(`/practitioners/${encodeURIComponent(id)}`, { signal }),
  });
  if (found.data) return <Booking key={found.data.id} practitioner={found.data} />;
  return (
    <div className="mx-auto w-full max-w-5xl px-safe py-8">
      {found.isError ? <ErrorNote error={found.error} onRetry={() => void found.refetch()} /> : <Shapes />}
    </div>
  );
}

function Booking({ practitioner }: { practitioner: PractitionerDetail }) {
  const text = useText();
  const booking = useBooking();
  const { step } = booking;
  const heading = useFocusOnStep(step);
  useTitle(text("book.title", { name: practitioner.name }));
  return (
    <div className="mx-auto w-full max-w-5xl px-safe py-4 md:py-8">
      <AllPractitioners />
      <div className="mt-2 grid items-start gap-6 md:grid-cols-[19rem_1fr] md:gap-10">
        <Profile practitioner={practitioner} brief={step.name !== "choose"} />
        <section aria-label={text("book.title", { name: practitioner.name })} className="min-w-0">
          <Steps step={step} headingRef={heading} />
          {step.name === "choose" && <Times practitioner={practitioner} booking={booking} />}
          {step.name === "details" && <Details practitioner={practitioner} hold={step.hold} booking={booking} />}
          {step.name === "confirmed" && <Confirmed practitioner={practitioner} appointment={step.appointment} />}
        </section>
      </div>
    </div>
  );
}

/** The next step begins where one reads: its heading gets the focus, and the page begins at its top. */
function useFocusOnStep(step: Step) {
  const heading = useRef<HTMLHeadingElement>(null);
  const shown = useRef(step.name);
  useEffect(() => {
    if (shown.current === step.name) return;
    shown.current = step.name;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step.name]);
  return heading;
}

function AllPractitioners() {
  const text = useText();
  const { session } = useSession();
  if (session.state !== "signed-in") return null;
  return (
    <Link to="/practitioners" className={classes(buttonClass("quiet"), "-ml-3 px-3 text-muted")}>
      <ArrowLeft aria-hidden className="size-4" />
      {text("book.all")}
    </Link>
  );
}

function Shapes() {
  return (
    <Loading>
      <div className="grid gap-8 md:grid-cols-[19rem_1fr]">
        <Skeleton className="h-48" />
        <div className="grid gap-4">
          <Skeleton className="h-16" />
          <Skeleton className="h-20" />
          <Skeleton className="h-48" />
        </div>
      </div>
    </Loading>
  );
}
