import { useInfiniteQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useTitle } from "../../app/useTitle";
import type { Page, Practitioner } from "../../api/types";
import { Button } from "../../components/Button";
import { EmptyState } from "../../components/EmptyState";
import { ErrorNote } from "../../components/ErrorNote";
import { Loading, Skeleton } from "../../components/Skeleton";
import { useText } from "../../messages/useText";
import { useApi, usePerson } from "../../session/context";
import { PractitionerCard } from "./PractitionerCard";

/** Everyone one can meet in this organisation, each with the next open time. */
export function PractitionersPage() {
  const text = useText();
  useTitle(text("practitioners.title"));
  return (
    <div className="mx-auto w-full max-w-5xl px-safe py-6 md:py-10">
      <header className="mb-6">
        <h1 className="text-2xl font-semibold tracking-tight md:text-3xl">{text("practitioners.title")}</h1>
        <p className="mt-1 text-muted">{text("practitioners.lead")}</p>
      </header>
      <List />
    </div>
  );
}

function List() {
  const text = useText();
  const api = useApi();
  const person = usePerson();
  const found = useInfiniteQuery({
    queryKey: ["practitioners"],
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      api.get<Page<Practitioner>>("/practitioners", { query: { cursor: pageParam, limit: 50 }, signal }),
    getNextPageParam: (last) => last.next_cursor,
    // "Next open" grows old: seen again, it is asked again.
    staleTime: 0,
  });
  if (found.isPending) return <Shapes />;
  if (found.isError && found.data === undefined) {
    return <ErrorNote error={found.error} onRetry={() => void found.refetch()} />;
  }
  const everyone = found.data.pages.flatMap((page) => page.items);
  if (everyone.length === 0) {
    return (
      <EmptyState icon={<Users className="size-6" />} title={text("practitioners.empty.title")}>
        {text("practitioners.empty.body", { organisation: person.organisation.name })}
      </EmptyState>
    );
  }
  return (
    <>
      <ul className="grid animate-fade gap-4 md:grid-cols-2">
        {everyone.map((each) => (
          <PractitionerCard key={each.id} practitioner={each} />
        ))}
      </ul>
      {found.hasNextPage && (
        <div className="mt-6 grid justify-center">
          <Button busy={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {text("action.more")}
          </Button>
        </div>
      )}
    </>
  );
}

function Shapes() {
  return (
    <Loading>
      <div className="grid gap-4 md:grid-cols-2">
        <Skeleton className="h-56" />
        <Skeleton className="h-56" />
      </div>
    </Loading>
  );
}
