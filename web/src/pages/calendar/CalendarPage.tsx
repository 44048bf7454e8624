import { PageSkeleton } from "../../components/PageSkeleton";

export function CalendarPage() {
  return <PageSkeleton />;
}
