import { useId, type ReactNode } from "react";

import type { InputDevice } from "../../call/LocalMedia";
import { chosenDevice, type InputKind, type VideoQuality } from "../../call/preferences";
import { inputClass } from "../../components/Field";
import { classes } from "../../components/classes";
import { useText } from "../../messages/useText";
import type { Local } from "./useLocalMedia";

/** Which microphone, which camera, and how big a picture. The browser's own selects: at home on a phone. */
export function DeviceFields({ local }: { local: Local }) {
  const text = useText();
  return (
    <div className="grid gap-4">
      <Devices kind="microphone" label={text("media.microphone")} devices={local.microphones} local={local} />
      <Devices kind="camera" label={text("media.camera")} devices={local.cameras} local={local} />
      <Select
        label={text("media.quality")}
        value={local.quality}
        onChange={(value) => local.setQuality(value as VideoQuality)}
      >
        <option value="standard">{text("media.quality.standard")}</option>
        <option value="low">{text("media.quality.low")}</option>
      </Select>
    </div>
  );
}

interface DevicesProps {
  kind: InputKind;
  label: string;
  devices: readonly InputDevice[];
  local: Local;
}

function Devices({ kind, label, devices, local }: DevicesProps) {
  const text = useText();
  const used = local[kind].track?.getSettings().deviceId;
  const chosen = used ?? chosenDevice(kind);
  return (
    <Select
      label={label}
      value={devices.some(({ id }) => id === chosen) ? chosen : ""}
      onChange={(id) => local.choose(kind, id)}
    >
      <option value="">{text("media.device.default")}</option>
      {devices.map(({ id, label: name }, index) => (
        <option key={id} value={id}>
          {name || text("media.device.unnamed", { number: index + 1 })}
        </option>
      ))}
    </Select>
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  children: ReactNode;
}

function Select({ label, value, onChange, children }: SelectProps) {
  const id = useId();
  return (
    <div className="grid gap-1.5">
      <label htmlFor={id} className="text-sm font-medium">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        className={classes(inputClass, "truncate pr-8")}
      >
        {children}
      </select>
    </div>
  );
}
