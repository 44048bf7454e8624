import { LogOut } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { Person } from "../api/types";
import { Avatar } from "../components/Avatar";
import { useToast } from "../components/Toaster";
import { useErrorText } from "../messages/useErrorText";
import { useText } from "../messages/useText";
import { useSession } from "../session/context";
import { itemClass, menuClass } from "./menu";

/** Who is signed in, where, and the way out. */
export function AccountMenu({ person }: { person: Person }) {
  const text = useText();
  const { signOut } = useSession();
  const say = useToast();
  const errorText = useErrorText();
  const leave = () => void signOut().catch((error: unknown) => say(errorText(error), "note"));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        className="grid size-11 place-items-center rounded-full"
        aria-label={text("nav.account", { name: person.name })}
      >
        <Avatar name={person.name} className="!size-9 text-sm" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
          <DropdownMenu.Label className="max-w-72 px-3 py-2">
            <span className="block font-medium">{person.name}</span>
            <span className="block text-sm text-muted">{person.email}</span>
            <span className="block text-sm text-muted">{person.organisation.name}</span>
          </DropdownMenu.Label>
          <DropdownMenu.Separator className="my-1 h-px bg-line" />
          <DropdownMenu.Item className={itemClass} onSelect={leave}>
            <LogOut aria-hidden className="size-4 text-muted" />
            {text("nav.signOut")}
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
