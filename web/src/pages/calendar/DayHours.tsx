import { Copy, Plus, X } from "lucide-react";
import { Switch } from "radix-ui";
import {
  type Span,
  type SpanProblem,
  WEEKDAYS,
  type Week,
  nextSpan,
  spanKey,
  withDay,
} from "../../calendar/hours";
import { FieldError, inputClass } from "../../components/Field";
import { buttonClass } from "../../components/buttonClass";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import { useWeekday } from "./useWeekday";

interface Props {
  weekday: number;
  spans: readonly Span[];
  week: Week;
  /** Null until somebody tried to save. */
  problems: ReadonlyMap<string, SpanProblem> | null;
  onChange: (week: Week) => void;
}

/** One weekday: closed, or open for one or more stretches. */
export function DayHours({ weekday, spans, week, problems, onChange }: Props) {
  const text = useText();
  const day = useWeekday()(weekday);
  const set = (next: readonly Span[]) => onChange(withDay(week, weekday, next));
  const more = nextSpan(spans);
  const toOthers = () =>
    onChange(WEEKDAYS.map((each) => ((week[each - 1] ?? []).length > 0 ? spans : (week[each - 1] ?? []))));
  return (
    <fieldset className="border-b border-line py-3 last:border-0">
      <legend className="sr-only">{day}</legend>
      <div className="flex min-h-11 items-center gap-3">
        <Switch.Root
          checked={spans.length > 0}
          onCheckedChange={(open) => set(open && more !== null ? [more] : [])}
          aria-label={text("hours.open", { day })}
          className="relative h-7 w-12 shrink-0 rounded-full bg-line-strong transition-colors data-[state=checked]:bg-sage"
        >
          <Switch.Thumb className="block size-5 translate-x-1 rounded-full bg-raised transition-transform data-[state=checked]:translate-x-6" />
        </Switch.Root>
        <span aria-hidden className="flex-1 font-medium">
          {day}
        </span>
        {spans.length === 0 && <span className="text-muted">{text("hours.closed")}</span>}
        {spans.length > 0 && (
          <span className="flex">
            <IconButton label={text("hours.copy", { day })} onClick={toOthers} icon={Copy} />
            <IconButton
              label={text("hours.add", { day })}
              onClick={() => more && set([...spans, more])}
              icon={Plus}
              disabled={more === null}
            />
          </span>
        )}
      </div>
      {spans.map((span, index) => (
        <SpanRow
          key={index}
          day={day}
          span={span}
          problem={problems?.get(spanKey(weekday, index)) ?? null}
          onChange={(next) => set(spans.map((each, at) => (at === index ? next : each)))}
          onRemove={() => set(spans.filter((_, at) => at !== index))}
        />
      ))}
    </fieldset>
  );
}

interface SpanProps {
  day: string;
  span: Span;
  problem: SpanProblem | null;
  onChange: (span: Span) => void;
  onRemove: () => void;
}

/** A time field knows no 24:00: as an end, its midnight is the day's end. */
const toField = (end: string) => (end === "24:00" ? "00:00" : end);
const fromField = (end: string) => (end === "00:00" ? "24:00" : end);

function SpanRow({ day, span, problem, onChange, onRemove }: SpanProps) {
  const text = useText();
  const field = classes(inputClass, "!min-h-11 !w-0 min-w-0 flex-1 !px-2.5 tabular-nums");
  const invalid = problem !== null || undefined;
  return (
    <div className="mt-1 grid grid-cols-[minmax(0,1fr)] gap-1.5">
      <div className="flex items-center gap-2">
        <input
          type="time"
          required
          aria-label={text("hours.from", { day })}
          aria-invalid={invalid}
          value={span.start}
          onChange={(event) => onChange({ ...span, start: event.currentTarget.value })}
          className={field}
        />
        <span aria-hidden className="text-muted">
          –
        </span>
        <input
          type="time"
          required
          aria-label={text("hours.to", { day })}
          aria-invalid={invalid}
          value={toField(span.end)}
          onChange={(event) => onChange({ ...span, end: fromField(event.currentTarget.value) })}
          className={field}
        />
        <IconButton label={text("hours.remove", { day, ...span })} onClick={onRemove} icon={X} />
      </div>
      {problem !== null && <FieldError>{text(`hours.problem.${problem}`)}</FieldError>}
    </div>
  );
}

interface IconProps {
  label: string;
  icon: typeof X;
  onClick: () => void;
  disabled?: boolean;
}

function IconButton({ label, icon: Icon, onClick, disabled = false }: IconProps) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      disabled={disabled}
      className={classes(buttonClass("quiet", "icon"), "text-muted")}
    >
      <Icon aria-hidden className="size-4" />
    </button>
  );
}
