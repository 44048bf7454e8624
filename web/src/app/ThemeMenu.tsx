import { Check, Monitor, Moon, Sun } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { buttonClass } from "../components/buttonClass";
import { useText } from "../messages/useText";
import { itemClass, menuClass } from "./menu";
import { THEMES, type Theme, useTheme } from "./theme";

const ICONS = { system: Monitor, light: Sun, dark: Moon } as const;

/** Light, dark, or as the device. */
export function ThemeMenu() {
  const text = useText();
  const [theme, choose] = useTheme();
  const Current = ICONS[theme];
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger className={buttonClass("quiet", "icon")} aria-label={text("nav.theme")}>
        <Current aria-hidden className="size-5" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content align="end" sideOffset={6} className={menuClass}>
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => choose(value as Theme)}>
            {THEMES.map((each) => (
              <Choice key={each} theme={each} />
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Choice({ theme }: { theme: Theme }) {
  const text = useText();
  const Icon = ICONS[theme];
  return (
    <DropdownMenu.RadioItem value={theme} className={itemClass}>
      <Icon aria-hidden className="size-4 text-muted" />
      <span className="flex-1">{text(`nav.theme.${theme}`)}</span>
      <DropdownMenu.ItemIndicator>
        <Check aria-hidden className="size-4 text-sage-ink" />
      </DropdownMenu.ItemIndicator>
    </DropdownMenu.RadioItem>
  );
}
