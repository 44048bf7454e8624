import { PageSkeleton } from "../../components/PageSkeleton";

export function PractitionersPage() {
  return <PageSkeleton />;
}
