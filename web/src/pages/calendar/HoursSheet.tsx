import { type SubmitEvent, useId, useState } from "react";
import type { Availability, Named } from "../../api/types";
import { type Week, problemsOf, rulesOf, sameHours, weekOf } from "../../calendar/hours";
import { useSaveHours } from "../../calendar/useSaveHours";
import { Button } from "../../components/Button";
import { ConfirmDialog, Sheet } from "../../components/Dialog";
import { ErrorNote } from "../../components/ErrorNote";
import { useToast } from "../../components/Toaster";
import { useText } from "../../messages/useText";
import { cityOf } from "../../time/zones";
import { DayHours } from "./DayHours";
import { HoursConflict } from "./HoursConflict";
import { ZoneChoice } from "./ZoneChoice";

interface Props {
  practitioner: Named;
  hours: Availability;
  onClose: () => void;
}

/** Edits the weekly hours. What is being edited is a copy: a change elsewhere becomes a question, not a surprise. */
export function HoursSheet({ practitioner, hours, onClose }: Props) {
  const text = useText();
  const [base] = useState(hours);
  const [leaving, setLeaving] = useState(false);
  const [dirty, setDirty] = useState(false);
  const leave = () => (dirty ? setLeaving(true) : onClose());
  return (
    <>
      <Sheet
        open
        onOpenChange={(open) => !open && leave()}
        title={text("hours.title")}
        description={text("hours.lead", { city: cityOf(base.time_zone) })}
      >
        <HoursForm practitioner={practitioner} base={base} onDirty={setDirty} onSaved={onClose} />
      </Sheet>
      <ConfirmDialog
        open={leaving}
        onOpenChange={setLeaving}
        title={text("hours.unsaved.title")}
        description={text("hours.unsaved.body")}
        keep={<Button>{text("hours.unsaved.stay")}</Button>}
        confirm={
          <Button tone="danger" onClick={onClose}>
            {text("hours.unsaved.leave")}
          </Button>
        }
      />
    </>
  );
}

interface FormProps {
  practitioner: Named;
  base: Availability;
  onDirty: (dirty: boolean) => void;
  onSaved: () => void;
}

function HoursForm({ practitioner, base, onDirty, onSaved }: FormProps) {
  const text = useText();
  const say = useToast();
  const form = useId();
  const [week, setWeek] = useState<Week>(() => weekOf(base.rules));
  const [zone, setZone] = useState(base.time_zone);
  const [version, setVersion] = useState(base.version);
  const [checked, setChecked] = useState(false);
  const { saving, save, reset } = useSaveHours(practitioner.id);
  const problems = problemsOf(week);
  const mine = (from: number): Availability => ({ time_zone: zone, version: from, rules: rulesOf(week) });

  function edit(next: Week, nextZone = zone) {
    setWeek(next);
    setZone(nextZone);
    onDirty(!sameHours({ time_zone: nextZone, rules: rulesOf(next) }, base));
  }

  async function submit(from: number) {
    setChecked(true);
    if (problems.size > 0) return;
    if (!(await save(mine(from)))) return;
    say(text("hours.saved"));
    onSaved();
  }

  function takeTheirs(theirs: Availability) {
    setVersion(theirs.version);
    edit(weekOf(theirs.rules), theirs.time_zone);
    reset();
  }

  const onSubmit = (event: SubmitEvent<HTMLFormElement>) => {
    event.preventDefault();
    void submit(version);
  };
  return (
    <form id={form} noValidate onSubmit={onSubmit} className="grid grid-cols-[minmax(0,1fr)] gap-1">
      {week.map((spans, index) => (
        <DayHours
          key={index}
          weekday={index + 1}
          spans={spans}
          week={week}
          problems={checked ? problems : null}
          onChange={edit}
        />
      ))}
      <ZoneChoice zone={zone} onChange={(next) => edit(week, next)} />
      {saving.state === "failed" && <ErrorNote error={saving.error} className="mt-3" />}
      {saving.state === "conflict" && (
        <HoursConflict
          theirs={saving.theirs}
          onTake={() => takeTheirs(saving.theirs)}
          onKeep={() => void submit(saving.theirs.version)}
        />
      )}
      <div className="sticky -bottom-5 -mx-5 mt-3 border-t border-line bg-raised px-5 py-4">
        <Button type="submit" tone="primary" size="large" className="w-full" busy={saving.state === "busy"}>
          {text(saving.state === "busy" ? "hours.saving" : "hours.save")}
        </Button>
      </div>
    </form>
  );
}
