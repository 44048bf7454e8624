import { CloudOff } from "lucide-react";
import { Button } from "../components/Button";
import { EmptyState } from "../components/EmptyState";
import { useText } from "../messages/useText";
import { useSession } from "../session/context";

/** The server could not be asked who this is. */
export function Offline() {
  const text = useText();
  const { retry } = useSession();
  return (
    <EmptyState
      icon={<CloudOff className="size-6" />}
      title={text("app.offline.title")}
      action={
        <Button tone="primary" onClick={retry}>
          {text("action.retry")}
        </Button>
      }
    >
      {text("app.offline.body")}
    </EmptyState>
  );
}
