import { Compass, TriangleAlert } from "lucide-react";
import { Link } from "react-router";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { buttonClass } from "../components/buttonClass";
import { useText } from "../messages/useText";
import { useTitle } from "./useTitle";

/** No page stands at this address. */
export function Lost() {
  const text = useText();
  useTitle(text("app.lost.title"));
  return (
    <EmptyState
      icon={<Compass className="size-6" />}
      title={text("app.lost.title")}
      action={
        <Link to="/" className={buttonClass("primary")}>
          {text("app.lost.home")}
        </Link>
      }
    >
      {text("app.lost.body")}
    </EmptyState>
  );
}

/** A page threw: say so, and offer the one thing that helps. */
export function Broken() {
  const text = useText();
  useTitle(text("app.broken.title"));
  return (
    <main>
      <EmptyState
        icon={<TriangleAlert className="size-6" />}
        title={text("app.broken.title")}
        action={
          <Button tone="primary" onClick={() => location.reload()}>
            {text("app.broken.reload")}
          </Button>
        }
      >
        {text("app.broken.body")}
      </EmptyState>
    </main>
  );
}
