/** This person's microphone and camera. No React, no call: tracks, whether they are on, and what is wrong. */

import { constraints } from "./constraints";
import {
  chosenDevice,
  type InputKind,
  rememberDevice,
  rememberVideoQuality,
  type VideoQuality,
  videoQuality,
} from "./preferences";
import { type MediaProblem, problemOf } from "./problems";

export interface Input {
  /** Null while nothing is captured. A microphone that is off keeps its track; a camera's light goes out. */
  readonly track: MediaStreamTrack | null;
  readonly on: boolean;
  /** The browser is asking, or the device is starting. */
  readonly pending: boolean;
  readonly problem: MediaProblem | null;
}

export interface InputDevice {
  readonly id: string;
  readonly label: string;
}

export interface LocalSnapshot {
  readonly microphone: Input;
  readonly camera: Input;
  readonly microphones: readonly InputDevice[];
  readonly cameras: readonly InputDevice[];
  readonly quality: VideoQuality;
}

const OFF: Input = { track: null, on: false, pending: false, problem: null };
const KINDS = ["microphone", "camera"] as const satisfies readonly InputKind[];

type Devices = Pick<
  MediaDevices,
  "getUserMedia" | "enumerateDevices" | "addEventListener" | "removeEventListener"
>;

export class LocalMedia {
  #snapshot: LocalSnapshot = {
    microphone: OFF,
    camera: OFF,
    microphones: [],
    cameras: [],
    quality: videoQuality(),
  };
  readonly #listeners = new Set<() => void>();
  /** Absent outside a secure context. */
  readonly #devices: Devices | undefined;
  /** What was asked of each kind last: an answer to an older question is put away. */
  readonly #asked: Record<InputKind, number> = { microphone: 0, camera: 0 };
  #closed = false;

  constructor(devices: Devices | undefined = mediaDevices()) {
    this.#devices = devices;
  }

  readonly snapshot = (): LocalSnapshot => this.#snapshot;

  readonly watch = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Open what is wanted, with one question to the person where both are. */
  async start(wanted: Readonly<Record<InputKind, boolean>>): Promise<void> {
    this.#closed = false;
    this.#devices?.addEventListener("devicechange", this.#relist);
    const kinds = KINDS.filter((kind) => wanted[kind]);
    if (kinds.length === 2 && (await this.#open(kinds, { quietly: true }))) return;
    // One of the two may be missing or taken: whoever has only a microphone is heard at least.
    for (const kind of kinds) if (!this.#denied(kind)) await this.#open([kind]);
  }

  /** Turn the microphone or the camera on or off. */
  async toggle(kind: InputKind): Promise<void> {
    const input = this.#snapshot[kind];
    if (input.pending) return;
    if (input.on) this.#turnOff(kind);
    else if (input.track) this.#setTrackOn(kind, input.track);
    else await this.#open([kind]);
  }

  /** Use another device from now on. */
  async choose(kind: InputKind, id: string): Promise<void> {
    rememberDevice(kind, id);
    const wasOn = this.#snapshot[kind].on || this.#snapshot[kind].problem !== null;
    if (wasOn) await this.#open([kind]);
    else if (kind === "microphone") this.#release(kind);
  }

  /** Ask the camera for less, or for more again. */
  async setQuality(quality: VideoQuality): Promise<void> {
    rememberVideoQuality(quality);
    this.#set({ quality });
    if (this.#snapshot.camera.on) await this.#open(["camera"]);
  }

  /** Let go of everything. */
  close(): void {
    this.#closed = true;
    this.#devices?.removeEventListener("devicechange", this.#relist);
    for (const kind of KINDS) this.#release(kind);
  }

  /** Whether it worked. `quietly`: a device that is missing is not reported yet, another try follows. */
  async #open(kinds: readonly InputKind[], { quietly = false } = {}): Promise<boolean> {
    const numbers = kinds.map((kind) => (this.#asked[kind] += 1));
    const current = (index: number) => numbers[index] === this.#asked[kinds[index] ?? "camera"];
    for (const kind of kinds) this.#setInput(kind, { pending: true, problem: null });
    try {
      const stream = await this.#capture(kinds);
      kinds.forEach((kind, index) => {
        const track = trackOf(stream, kind);
        if (track && current(index)) this.#take(kind, track);
        else track?.stop();
      });
      await this.#list();
      return true;
    } catch (error) {
      const problem = this.#devices ? problemOf(error) : "insecure";
      const shown = quietly && problem !== "denied" && problem !== "insecure" ? null : problem;
      kinds.forEach((kind, index) => current(index) && this.#fail(kind, shown));
      return false;
    }
  }

  async #capture(kinds: readonly InputKind[]): Promise<MediaStream> {
    if (!this.#devices) throw new Error("no media devices in an insecure context");
    const wish = (kind: InputKind, device: string) =>
      kinds.includes(kind) && constraints(kind, device, this.#snapshot.quality);
    const ask = (device: (kind: InputKind) => string) => ({
      audio: wish("microphone", device("microphone")),
      video: wish("camera", device("camera")),
    });
    try {
      return await this.#devices.getUserMedia(ask(chosenDevice));
    } catch (error) {
      if (problemOf(error) !== "missing") throw error;
      // The device that was chosen another day is not plugged in today.
      return await this.#devices.getUserMedia(ask(() => ""));
    }
  }

  #take(kind: InputKind, track: MediaStreamTrack): void {
    const before = this.#snapshot[kind].track;
    if (before !== track) before?.stop();
    track.addEventListener("ended", () => {
      if (this.#snapshot[kind].track === track) this.#fail(kind, "unplugged");
    });
    this.#setTrackOn(kind, track);
  }

  #setTrackOn(kind: InputKind, track: MediaStreamTrack): void {
    track.enabled = true;
    this.#setInput(kind, { track, on: true, pending: false, problem: null });
  }

  #turnOff(kind: InputKind): void {
    const { track } = this.#snapshot[kind];
    if (kind === "camera" || !track) {
      this.#release(kind);
    } else {
      track.enabled = false;
      this.#setInput(kind, { on: false });
    }
  }

  #release(kind: InputKind): void {
    this.#asked[kind] += 1;
    this.#snapshot[kind].track?.stop();
    this.#setInput(kind, OFF);
  }

  #fail(kind: InputKind, problem: MediaProblem | null): void {
    this.#snapshot[kind].track?.stop();
    this.#setInput(kind, { ...OFF, problem });
  }

  #denied(kind: InputKind): boolean {
    const { problem } = this.#snapshot[kind];
    return problem === "denied" || problem === "insecure";
  }

  readonly #relist = (): void => {
    void this.#list();
  };

  async #list(): Promise<void> {
    const devices = (await this.#devices?.enumerateDevices().catch(() => [])) ?? [];
    const named = (kind: MediaDeviceKind) =>
      devices
        .filter((device) => device.kind === kind && device.deviceId !== "")
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    if (!this.#closed) this.#set({ microphones: named("audioinput"), cameras: named("videoinput") });
  }

  #setInput(kind: InputKind, change: Partial<Input>): void {
    this.#set({ [kind]: { ...this.#snapshot[kind], ...change } });
  }

  #set(change: Partial<LocalSnapshot>): void {
    this.#snapshot = { ...this.#snapshot, ...change };
    for (const listener of [...this.#listeners]) listener();
  }
}

function trackOf(stream: MediaStream, kind: InputKind): MediaStreamTrack | undefined {
  return (kind === "microphone" ? stream.getAudioTracks() : stream.getVideoTracks())[0];
}

/** Where there is no secure context (an address of the local network), the browser has none. */
function mediaDevices(): MediaDevices | undefined {
  return (navigator as { mediaDevices?: MediaDevices }).mediaDevices;
}
