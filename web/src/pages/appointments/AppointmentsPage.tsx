import { PageSkeleton } from "../../components/PageSkeleton";

export function AppointmentsPage() {
  return <PageSkeleton />;
}
