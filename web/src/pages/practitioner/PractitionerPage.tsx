import { PageSkeleton } from "../../components/PageSkeleton";

export function PractitionerPage() {
  return <PageSkeleton />;
}
