import { useQuery } from "@tanstack/react-query";
import { CalendarX2 } from "lucide-react";
import { useSearchParams } from "react-router";
import { useTitle } from "../../app/useTitle";
import type { Named, Page, Practitioner } from "../../api/types";
import { EmptyState } from "../../components/EmptyState";
import { ErrorNote } from "../../components/ErrorNote";
import { PageSkeleton } from "../../components/PageSkeleton";
import { useText } from "../../messages/useText";
import { useApi, usePerson } from "../../session/context";
import { Desk } from "./Desk";

/** A practitioner's own calendar; whoever runs the practice chooses one of its practitioners'. */
export function CalendarPage() {
  const text = useText();
  const person = usePerson();
  useTitle(text("calendar.title"));
  return person.roles.includes("practitioner") ? <Desk practitioner={person} choices={[]} /> : <OfPractice />;
}

function OfPractice() {
  const text = useText();
  const api = useApi();
  const person = usePerson();
  const [search, setSearch] = useSearchParams();
  const found = useQuery({
    queryKey: ["practitioners", "all"],
    queryFn: ({ signal }) => api.get<Page<Practitioner>>("/practitioners", { query: { limit: 100 }, signal }),
  });
  if (found.isError) {
    return (
      <div className="mx-auto w-full max-w-3xl px-safe py-8">
        <ErrorNote error={found.error} onRetry={() => void found.refetch()} />
      </div>
    );
  }
  if (found.data === undefined) return <PageSkeleton />;
  const choices: Named[] = found.data.items;
  const chosen = choices.find((each) => each.id === search.get("practitioner")) ?? choices[0];
  if (chosen === undefined) {
    return (
      <EmptyState icon={<CalendarX2 className="size-6" />} title={text("calendar.none.title")}>
        {text("calendar.none.body", { organisation: person.organisation.name })}
      </EmptyState>
    );
  }
  const choose = (id: string) => setSearch({ practitioner: id }, { replace: true });
  return <Desk key={chosen.id} practitioner={chosen} choices={choices} onChoose={choose} />;
}
