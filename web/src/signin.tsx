import { useState } from "preact/hooks";
import { asProblem } from "./core/resource";
import { enter, present, refused } from "./core/session";
import { Button, Code } from "./ui/button";
import { Mark } from "./ui/icon";
import { Banner } from "./ui/status";

/** SignIn is what those see whom the gateway does not know, or who see no gateway. */
export function SignIn({ unreachable }: { unreachable?: boolean }) {
  return (
    <main class="signin" id="main">
      <h1><Mark size={32} />Headgate</h1>
      {unreachable ? <Unreachable /> : <Ways />}
    </main>
  );
}

function Unreachable() {
  return (
    <>
      <Banner tone="warn" title={refused.value?.title ?? "No answer"} actions={<Button onClick={() => void enter()}>Try now</Button>}>{refused.value?.detail}</Banner>
      <p class="soft">This page asks again every three seconds.</p>
    </>
  );
}

function Ways() {
  const [token, setToken] = useState("");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (e: Event) => {
    e.preventDefault();
    setBusy(true);
    setWrong("");
    try {
      await present(token.trim());
    } catch (x) {
      setWrong(asProblem(x).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <p class="lead">{refused.value?.title === "Signed out" ? refused.value.detail : "This gateway does not know you yet."} There are two ways in.</p>
      <section class="card">
        <header><h2>On the machine it runs on</h2></header>
        <p>Open the link that the gateway printed when it started. It works once; another comes of:</p>
        <Code text="headgate token link" />
      </section>
      <section class="card">
        <header><h2>With a token</h2></header>
        <form onSubmit={(e) => void submit(e)}>
          <label class="field">
            <span>Token</span>
            <input type="password" value={token} onInput={(e) => setToken(e.currentTarget.value)} placeholder="hgt_…" autocomplete="current-password" spellcheck={false} required aria-invalid={wrong !== ""} aria-describedby={wrong ? "wrong" : undefined} />
          </label>
          {wrong && <p class="wrong" id="wrong" role="alert">{wrong}</p>}
          <Button type="submit" kind="primary" disabled={busy || !token.trim()}>{busy ? "Asking…" : "Sign in"}</Button>
        </form>
        <p class="soft">Who runs the gateway makes one with</p>
        <Code text="headgate token create --name dashboard --role read" />
      </section>
    </>
  );
}
