import { useId, useMemo } from "react";
import { inputClass } from "../../components/Field";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";

/** The zone that the hours are in. */
export function ZoneChoice({ zone, onChange }: { zone: string; onChange: (zone: string) => void }) {
  const text = useText();
  const id = useId();
  const zones = useMemo(() => [...new Set([zone, ...Intl.supportedValuesOf("timeZone")])].sort(), [zone]);
  return (
    <div className="grid gap-1.5 pt-4">
      <label htmlFor={id} className="text-sm font-medium">
        {text("hours.zone")}
      </label>
      <select
        id={id}
        value={zone}
        onChange={(event) => onChange(event.currentTarget.value)}
        className={classes(inputClass, "!min-h-11")}
      >
        {zones.map((each) => (
          <option key={each} value={each}>
            {each.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    </div>
  );
}
