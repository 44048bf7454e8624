import type { ApiError } from "../../api/errors";
import { alternativesOf } from "../../booking/hold";
import { Button } from "../../components/Button";
import { ErrorNote } from "../../components/ErrorNote";
import { useText } from "../../messages/useText";
import { useTimes } from "../../time/useTimes";

/** A hold that was refused; where somebody was faster, the next open times to take instead. */
export function Refused({ error, onChoose }: { error: ApiError; onChoose: (start: string) => void }) {
  const text = useText();
  const times = useTimes();
  const others = alternativesOf(error.fields);
  if (others.length === 0) return <ErrorNote error={error} />;
  return (
    <ErrorNote error={error}>
      <p className="basis-full text-[15px]">{text("book.taken.others")}</p>
      {others.map((start) => (
        <Button key={start} onClick={() => onChoose(start)}>
          {times.shortDate(start)}, {times.time(start)}
        </Button>
      ))}
    </ErrorNote>
  );
}
