/** How loud a track is, for the eye. */

const INTERVAL_MS = 80;

/** Loudness of samples (-1 to 1) on a scale of 0 to 1, roughly as the ear has it: -60 dB is 0, -10 dB is 1. */
export function loudness(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  if (sum === 0) return 0;
  const decibels = 10 * Math.log10(sum / samples.length);
  return Math.min(1, Math.max(0, (decibels + 60) / 50));
}

/** Tell how loud a track is until the returned function is called. Says nothing where the browser has no Web Audio. */
export function watchLevel(track: MediaStreamTrack, onLevel: (level: number) => void): () => void {
  const Context = (globalThis as { AudioContext?: typeof AudioContext }).AudioContext;
  if (!Context) return () => undefined;
  const context = new Context();
  const analyser = context.createAnalyser();
  analyser.fftSize = 512;
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    // Without a touch or a key on the page so far, the browser may hold the context back until there is one.
    if (context.state === "suspended" && navigator.userActivation.hasBeenActive) void context.resume();
    analyser.getFloatTimeDomainData(samples);
    onLevel(track.enabled ? loudness(samples) : 0);
  }, INTERVAL_MS);
  return () => {
    clearInterval(timer);
    void context.close();
  };
}
