import { Loading, Skeleton } from "./Skeleton";

/** A page on its way, when nothing is known of it yet. */
export function PageSkeleton() {
  return (
    <Loading>
      <div className="mx-auto grid w-full max-w-3xl gap-4 px-safe py-8">
        <Skeleton className="h-9 w-52" />
        <Skeleton className="h-28" />
        <Skeleton className="h-28" />
        <Skeleton className="h-28" />
      </div>
    </Loading>
  );
}
