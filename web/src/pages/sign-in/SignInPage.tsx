import { Link as LinkIcon } from "lucide-react";
import { Navigate, useSearchParams } from "react-router";
import { homeOf, safeNext } from "../../app/navigation";
import { useTitle } from "../../app/useTitle";
import { PageSkeleton } from "../../components/PageSkeleton";
import { useText } from "../../messages/useText";
import { useSession } from "../../session/context";
import { SignInForm } from "./SignInForm";

/** Signing in. `?next=` is where it goes on. */
export function SignInPage() {
  const text = useText();
  const [search] = useSearchParams();
  const { session } = useSession();
  const next = safeNext(search.get("next"));
  useTitle(text("signIn.title"));
  if (session.state === "starting") return <PageSkeleton />;
  if (session.state === "signed-in") return <Navigate to={next ?? homeOf(session.person.roles)} replace />;
  const booking = next?.startsWith("/practitioners/") ?? false;
  return (
    <div className="mx-auto grid w-full max-w-[26rem] flex-1 content-center gap-6 px-safe py-10 md:pb-24">
      <header>
        <h1 className="text-3xl font-semibold tracking-tight">{text("signIn.welcome")}</h1>
        <p className="mt-2 text-muted">{text(booking ? "signIn.resume" : "signIn.lead")}</p>
      </header>
      <SignInForm />
      <p className="flex items-start gap-2.5 border-t border-line pt-5 text-sm text-muted">
        <LinkIcon aria-hidden className="mt-0.5 size-4 shrink-0" />
        {text("signIn.link")}
      </p>
    </div>
  );
}
