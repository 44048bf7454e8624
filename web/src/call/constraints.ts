/** What we ask a microphone and a camera for, and what we send of it. */

import type { types } from "mediasoup-client";

import type { InputKind, VideoQuality } from "./preferences";

const SIZES: Record<VideoQuality, { width: number; height: number; frameRate: number }> = {
  standard: { width: 640, height: 480, frameRate: 30 },
  low: { width: 320, height: 240, frameRate: 15 },
};

/** Bits per second. A talking head at 640x480 gains nothing above; the low one fits beside a video call on 3G. */
const MAX_BITRATE: Record<VideoQuality, number> = { standard: 1_500_000, low: 300_000 };

/** Wishes, not demands: a device that has only other sizes still works. */
export function constraints(
  kind: InputKind,
  device: string,
  quality: VideoQuality,
): MediaTrackConstraints {
  const which = device === "" ? {} : { deviceId: { exact: device } };
  if (kind === "microphone") {
    return { ...which, echoCancellation: true, noiseSuppression: true, autoGainControl: true };
  }
  const { width, height, frameRate } = SIZES[quality];
  return {
    ...which,
    width: { ideal: width },
    height: { ideal: height },
    frameRate: { ideal: frameRate, max: frameRate },
    ...(device === "" ? { facingMode: "user" } : {}),
  };
}

/** How a track is sent. */
export function sending(
  kind: InputKind,
  quality: VideoQuality,
): Pick<types.ProducerOptions, "encodings" | "codecOptions"> {
  if (kind === "microphone") return { codecOptions: { opusStereo: false, opusFec: true } };
  return {
    encodings: [{ maxBitrate: MAX_BITRATE[quality] }],
    codecOptions: { videoGoogleStartBitrate: quality === "low" ? 200 : 600 },
  };
}
