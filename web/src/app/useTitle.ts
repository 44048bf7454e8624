import { useEffect } from "react";
import { useText } from "../messages/useText";

/** Names the browser's tab: a screen reader reads it when the page changes. */
export function useTitle(page: string): void {
  const text = useText();
  useEffect(() => {
    document.title = text("app.title", { page });
  }, [text, page]);
}
