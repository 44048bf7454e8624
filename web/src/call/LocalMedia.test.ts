import { beforeEach, describe, expect, it, vi } from "vitest";

import { FakeTrack } from "./fakeTrack";
import { LocalMedia } from "./LocalMedia";
import { eventually } from "../testing/eventually";

interface Ask { audio: MediaTrackConstraints | false; video: MediaTrackConstraints | false }

/** The browser's devices. `errors` are thrown by the next questions. */
class FakeDevices extends EventTarget {
  readonly asked: Ask[] = [];
  readonly errors: (string | null)[] = [];
  readonly given: FakeTrack[] = [];
  hold: Promise<void> = Promise.resolve();
  kinds: [MediaDeviceKind, string][] = [["audioinput", "mic"], ["videoinput", "cam"], ["audiooutput", "loud"], ["audioinput", ""]];

  getUserMedia = async (ask: MediaStreamConstraints) => {
    this.asked.push(ask as Ask);
    await this.hold;
    const error = this.errors.shift();
    if (error) throw Object.assign(new Error(error), { name: error });
    const tracks = [ask.audio && new FakeTrack("audio"), ask.video && new FakeTrack("video")].filter((track) => track instanceof FakeTrack);
    this.given.push(...tracks);
    const of = (kind: string) => tracks.filter((track) => track.kind === kind);
    return { getAudioTracks: () => of("audio"), getVideoTracks: () => of("video") } as unknown as MediaStream;
  };

  enumerateDevices = () =>
    Promise.resolve(this.kinds.map(([kind, deviceId]) => ({ kind, deviceId, label: deviceId }) as MediaDeviceInfo));
}

let devices: FakeDevices;
let media: LocalMedia;

beforeEach(() => {
  localStorage.clear();
  devices = new FakeDevices();
  media = new LocalMedia(devices);
});

const BOTH = { microphone: true, camera: true };
const shown = () => {
  const { microphone, camera } = media.snapshot();
  return { microphone: microphone.problem ?? microphone.on, camera: camera.problem ?? camera.on };
};

describe("LocalMedia", () => {
  it("asks once for both, and lists the devices by name", async () => {
    await media.start(BOTH);
    expect(devices.asked).toHaveLength(1);
    expect(shown()).toEqual({ microphone: true, camera: true });
    expect(media.snapshot().microphones).toEqual([{ id: "mic", label: "mic" }]);
    expect(media.snapshot().cameras).toEqual([{ id: "cam", label: "cam" }]);
  });

  it("asks for nothing that is not wanted", async () => {
    await media.start({ microphone: true, camera: false });
    expect(devices.asked.map(({ audio, video }) => [audio !== false, video !== false])).toEqual([[true, false]]);
    await media.start({ microphone: false, camera: false });
    expect(devices.asked).toHaveLength(1);
  });

  it("takes what there is where one of the two is missing", async () => {
    devices.errors.push("NotFoundError", "NotFoundError", null, "NotFoundError", "NotFoundError");
    await media.start(BOTH);
    expect(shown()).toEqual({ microphone: true, camera: "missing" });
  });

  it("does not ask again of somebody who said no", async () => {
    devices.errors.push("NotAllowedError");
    await media.start(BOTH);
    expect(shown()).toEqual({ microphone: "denied", camera: "denied" });
    expect(devices.asked).toHaveLength(1);
    await media.toggle("microphone");
    expect(shown()).toEqual({ microphone: true, camera: "denied" });
  });

  it("says so where the page is not secure", async () => {
    media = new LocalMedia(undefined);
    await media.start(BOTH);
    expect(shown()).toEqual({ microphone: "insecure", camera: "insecure" });
  });

  it("mutes the microphone, and puts the camera's light out", async () => {
    await media.start(BOTH);
    const [sound, picture] = devices.given;
    await media.toggle("microphone");
    await media.toggle("camera");
    expect([sound?.enabled, sound?.readyState, picture?.readyState]).toEqual([false, "live", "ended"]);
    expect(media.snapshot().camera.track).toBeNull();
    await media.toggle("microphone");
    await media.toggle("camera");
    expect([sound?.enabled, devices.asked.length]).toEqual([true, 2]);
    expect(shown()).toEqual({ microphone: true, camera: true });
  });

  it("changes devices, and falls back to the browser's choice where the chosen one is gone", async () => {
    await media.start(BOTH);
    await media.choose("camera", "cam-2");
    expect(devices.asked.at(-1)?.video).toMatchObject({ deviceId: { exact: "cam-2" } });
    expect(devices.given[1]?.readyState).toBe("ended");
    await media.toggle("camera");
    devices.errors.push("OverconstrainedError");
    await media.toggle("camera");
    expect(devices.asked.at(-1)?.video).not.toHaveProperty("deviceId");
    expect(shown().camera).toBe(true);
  });

  it("remembers a microphone that is chosen while it is off, for when it is on", async () => {
    await media.start(BOTH);
    await media.toggle("microphone");
    await media.choose("microphone", "mic-2");
    expect(devices.asked).toHaveLength(1);
    await media.toggle("microphone");
    expect(devices.asked.at(-1)?.audio).toMatchObject({ deviceId: { exact: "mic-2" } });
  });

  it("asks for a smaller picture, now and next time", async () => {
    await media.start(BOTH);
    await media.setQuality("low");
    expect(devices.asked.at(-1)?.video).toMatchObject({ width: { ideal: 320 } });
    expect(new LocalMedia(devices as unknown as MediaDevices).snapshot().quality).toBe("low");
    await media.toggle("camera");
    await media.setQuality("standard");
    expect(devices.asked).toHaveLength(2);
  });

  it("tells when a device is pulled out, and notices new ones", async () => {
    await media.start(BOTH);
    devices.given[0]?.unplug();
    expect(shown()).toEqual({ microphone: "unplugged", camera: true });
    devices.kinds = [["audioinput", "other"]];
    devices.dispatchEvent(new Event("devicechange"));
    await eventually(() => expect(media.snapshot().microphones).toEqual([{ id: "other", label: "other" }]));
  });

  it("lets go of everything, also of what comes after the end", async () => {
    let release = (): void => undefined;
    devices.hold = new Promise((resolve) => (release = resolve));
    const starting = media.start(BOTH);
    media.close();
    release();
    await starting;
    expect(devices.given.map(({ readyState }) => readyState)).toEqual(["ended", "ended"]);
    expect(shown()).toEqual({ microphone: false, camera: false });
  });

  it("hears one press at a time", async () => {
    const told = vi.fn();
    media.watch(told);
    await Promise.all([media.toggle("camera"), media.toggle("camera")]);
    expect(devices.asked).toHaveLength(1);
    expect(told).toHaveBeenCalled();
  });
});
