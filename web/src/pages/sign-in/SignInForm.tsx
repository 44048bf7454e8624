import { Eye, EyeOff } from "lucide-react";
import { type SubmitEvent, useRef, useState } from "react";
import { Button } from "../../components/Button";
import { ErrorNote } from "../../components/ErrorNote";
import { Field } from "../../components/Field";
import { buttonClass } from "../../components/buttonClass";
import type { MessageId } from "../../messages/en";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";

interface Problems {
  email?: MessageId;
  password?: MessageId;
}

/** E-mail address and password. What is missing is said at its field, and the first one gets the focus. */
export function SignInForm() {
  const text = useText();
  const { signIn } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState<Problems>({});
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);

  async function submit(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    const data = new FormData(event.currentTarget);
    const email = wordOf(data.get("email")).trim();
    const password = wordOf(data.get("password"));
    const found = problemsOf(email, password);
    setProblems(found);
    setRefusal(null);
    const first = Object.keys(found)[0];
    if (first !== undefined) {
      focusOn(form.current, first);
      return;
    }
    setBusy(true);
    try {
      await signIn(email, password);
    } catch (error) {
      setRefusal(error);
      setBusy(false);
      focusOn(form.current, "password");
    }
  }

  return (
    <form ref={form} noValidate className="grid gap-5" onSubmit={(event) => void submit(event)}>
      {refusal !== null && <ErrorNote error={refusal} />}
      <Field
        label={text("signIn.email")}
        name="email"
        type="email"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        inputMode="email"
        error={problems.email ? text(problems.email) : null}
      />
      <PasswordField error={problems.password ? text(problems.password) : null} />
      <Button type="submit" tone="primary" size="large" busy={busy}>
        {text(busy ? "signIn.submitting" : "signIn.submit")}
      </Button>
    </form>
  );
}

function PasswordField({ error }: { error: string | null }) {
  const text = useText();
  const [shown, setShown] = useState(false);
  const Icon = shown ? EyeOff : Eye;
  return (
    <Field
      label={text("signIn.password")}
      name="password"
      type={shown ? "text" : "password"}
      autoComplete="current-password"
      error={error}
      end={
        <button
          type="button"
          className={buttonClass("quiet", "icon")}
          aria-label={text(shown ? "signIn.hide" : "signIn.show")}
          onClick={() => setShown(!shown)}
        >
          <Icon aria-hidden className="size-5 text-muted" />
        </button>
      }
    />
  );
}

function problemsOf(email: string, password: string): Problems {
  return {
    ...(email === "" ? { email: "signIn.email.missing" } : {}),
    ...(email !== "" && !/^\S+@\S+$/.test(email) ? { email: "signIn.email.invalid" } : {}),
    ...(password === "" ? { password: "signIn.password.missing" } : {}),
  };
}

function wordOf(value: FormDataEntryValue | null): string {
  return typeof value === "string" ? value : "";
}

function focusOn(form: HTMLFormElement | null, name: string): void {
  const field = form?.elements.namedItem(name);
  if (field instanceof HTMLElement) field.focus();
}
