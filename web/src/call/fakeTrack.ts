/** For tests: a track without a device behind it. */
export class FakeTrack extends EventTarget {
  readonly id: string;
  readonly kind: "audio" | "video";
  readonly label = "";
  enabled = true;
  muted = false;
  readyState: "live" | "ended" = "live";
  readonly #device: string;

  constructor(kind: "audio" | "video", device = "default") {
    super();
    this.kind = kind;
    this.id = `${kind}-${(FakeTrack.#made += 1)}`;
    this.#device = device;
  }

  static #made = 0;

  stop(): void {
    this.readyState = "ended";
  }

  getSettings(): MediaTrackSettings {
    return { deviceId: this.#device };
  }

  /** The device was pulled out. */
  unplug(): void {
    this.readyState = "ended";
    this.dispatchEvent(new Event("ended"));
  }

  get asTrack(): MediaStreamTrack {
    return this as unknown as MediaStreamTrack;
  }
}
