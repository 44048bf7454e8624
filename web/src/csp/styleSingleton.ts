import { useEffect } from "react";

/**
 * Stands in for `react-style-singleton`, which Radix's scroll lock uses and which writes a `<style>` element. Our CSP
 * allows styles from files only; a constructed stylesheet is no inline style, so this one is allowed.
 */
interface Sheet {
  add(css: string): void;
  remove(): void;
}

export function stylesheetSingleton(): Sheet {
  let users = 0;
  let sheet: CSSStyleSheet | null = null;
  return {
    add(css) {
      if (users++ > 0) return;
      sheet = new CSSStyleSheet();
      sheet.replaceSync(css);
      document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
    },
    remove() {
      if (--users > 0) return;
      document.adoptedStyleSheets = document.adoptedStyleSheets.filter((each) => each !== sheet);
      sheet = null;
    },
  };
}

export function styleHookSingleton(): (css: string, dynamic?: boolean) => void {
  const sheet = stylesheetSingleton();
  return function useStyle(css, dynamic = false) {
    const current = dynamic ? css : "";
    useEffect(() => {
      sheet.add(css);
      return () => sheet.remove();
      // eslint-disable-next-line react-hooks/exhaustive-deps -- a style changes while mounted only where `dynamic` asks for it
    }, [current]);
  };
}

export function styleSingleton(): (props: { styles: string; dynamic?: boolean }) => null {
  const useStyle = styleHookSingleton();
  return function StyleSheet({ styles, dynamic = false }) {
    useStyle(styles, dynamic);
    return null;
  };
}
