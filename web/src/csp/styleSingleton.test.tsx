import { render } from "@testing-library/react";
import { beforeEach, expect, it } from "vitest";
import { styleSingleton } from "./styleSingleton";

// jsdom has no constructed stylesheets; these keep what they are told, as a browser's do.
class Sheet {
  css = "";
  replaceSync(css: string) {
    this.css = css;
  }
}

beforeEach(() => {
  globalThis.CSSStyleSheet = Sheet as unknown as typeof CSSStyleSheet;
  document.adoptedStyleSheets = [];
});

const adopted = () => document.adoptedStyleSheets.map((sheet) => (sheet as unknown as Sheet).css);

it("puts a style into the page once, without an element, and takes it out with its last user", () => {
  const Style = styleSingleton();
  const two = render(
    <>
      <Style styles="body { overflow: hidden }" />
      <Style styles="body { overflow: hidden }" />
    </>,
  );
  expect(adopted()).toEqual(["body { overflow: hidden }"]);
  expect(document.querySelector("style")).toBeNull();
  two.rerender(<Style styles="body { overflow: hidden }" />);
  expect(adopted()).toHaveLength(1);
  two.unmount();
  expect(adopted()).toEqual([]);
});

it("follows a dynamic style", () => {
  const Style = styleSingleton();
  const one = render(<Style dynamic styles="body { top: 1px }" />);
  one.rerender(<Style dynamic styles="body { top: 2px }" />);
  expect(adopted()).toEqual(["body { top: 2px }"]);
});
