import { PageSkeleton } from "../../components/PageSkeleton";

/** Replaced by the real page. */
export default function Page() {
  return <PageSkeleton />;
}
