import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

// Conditions are waited for, however busy the machine is.
configure({ asyncUtilTimeout: 10_000 });

afterEach(() => {
  cleanup();
  localStorage.clear();
});

// What jsdom lays out is nothing, so it has no such things. Pages ask for them; the answers are a desk's.
class NoResizes implements ResizeObserver {
  observe() {
    // nothing is ever resized
  }
  unobserve() {
    // see observe
  }
  disconnect() {
    // see observe
  }
}

globalThis.ResizeObserver = NoResizes;
window.scrollTo = () => undefined;
window.matchMedia = (media) =>
  ({ matches: media.includes("min-width"), media }) as MediaQueryList;
Element.prototype.scrollIntoView = () => undefined;
Element.prototype.hasPointerCapture = () => false;
