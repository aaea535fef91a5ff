import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { ago, coarse } from "./core/format";
import { bound, useKey } from "./core/keys";
import { gatewayNow, now, overview, phase, retry, retryAt, stale } from "./core/live";
import { go, home, href, route } from "./core/router";
import { access, leave, session } from "./core/session";
import { setTheme, theme, type Theme } from "./core/theme";
import { pages } from "./pages";
import { SignIn } from "./signin";
import { Button } from "./ui/button";
import { Dialog } from "./ui/dialog";
import { Empty, Loading } from "./ui/empty";
import { Icon, Mark } from "./ui/icon";
import { Banner } from "./ui/status";
import { Toasts } from "./ui/toast";
import { Tooltip } from "./ui/tooltip";

const help = signal(false);
const menu = signal(false);

/** Shell is what all pages have around them. */
export function Shell() {
  const current = pages.find((p) => p.name === route.value.page);
  useEffect(() => {
    document.title = access.value === "in" && current ? `${current.title} · Headgate` : "Headgate";
    menu.value = false;
  }, [current, access.value]);
  return (
    <>
      {access.value === "in" ? (
        <div class="shell">
          <a class="skip" href="#main" onClick={(e) => { e.preventDefault(); document.getElementById("main")?.focus(); }}>Skip to the content</a>
          <Side />
          <main id="main" tabIndex={-1} key={current?.name}>
            <Stale />
            {current ? current.view() : <Nowhere />}
          </main>
          <Keys />
        </div>
      ) : access.value === "out" ? <SignIn /> : access.value === "unreachable" ? <SignIn unreachable /> : <div class="asking"><Loading rows={3} /></div>}
      <Toasts />
      <Tooltip />
    </>
  );
}

function Nowhere() {
  return (
    <Empty title="There is no such page">
      <p>The address names <code>{route.value.page}</code>. <a href={href(home)}>Go to the overview</a>, or press <kbd>?</kbd> for all keys.</p>
    </Empty>
  );
}

function Side() {
  return (
    <div class={`side${menu.value ? " open" : ""}`}>
      <div class="top">
        <a class="brand" href={href(home)}><Mark />Headgate</a>
        <span class="grow" />
        <Pulse short />
        <button type="button" class="button quiet square menu" aria-expanded={menu.value} aria-controls="nav" aria-label="Menu" onClick={() => (menu.value = !menu.value)}>
          <Icon name={menu.value ? "close" : "menu"} />
        </button>
      </div>
      <nav id="nav" aria-label="Pages">
        {pages.map((p) => (
          <a key={p.name} href={href(p.name)} aria-current={p.name === route.value.page ? "page" : undefined} onClick={() => (menu.value = false)}>
            <Icon name={p.icon} />
            <span class="grow">{p.title}</span>
            <kbd aria-hidden="true">g {p.key}</kbd>
          </a>
        ))}
      </nav>
      <footer>
        <Pulse />
        <Account />
        <div class="row">
          <ThemeChoice />
          <Button kind="quiet" label="Keys" tip="Keys: ?" onClick={() => (help.value = true)}><kbd>?</kbd></Button>
          {session.value?.via !== "loopback" && <Button kind="quiet" icon="out" label="Sign out" onClick={() => void leave()} />}
        </div>
      </footer>
    </div>
  );
}

/** Pulse says whether what is shown is live. */
function Pulse({ short }: { short?: boolean }) {
  const [tone, text] = stale.value || phase.value === "lost" ? ["warn", "Not connected"] as const
    : phase.value === "live" ? ["ok", "Live"] as const
    : phase.value === "paused" ? ["mute", "Paused"] as const : ["mute", "Connecting"] as const;
  return <span class={`pulse ${tone}${short ? " short" : ""}`}><i aria-hidden="true" />{text}</span>;
}

function Account() {
  const o = overview.value;
  if (!o) return null;
  return (
    <dl class="account">
      {o.account && <div><dt class="offstage">Account</dt><dd>{o.account}</dd></div>}
      {o.region && <div><dt class="offstage">Region</dt><dd>{o.region}</dd></div>}
      <div><dt class="offstage">Version</dt><dd data-tip={`Started ${ago(o.started, gatewayNow())}`}>{o.version || "development"}</dd></div>
      {o.time_scale !== 1 && <div><dt class="offstage">Time scale</dt><dd class="scale" data-tip="Windows and waits of the gateway are so much shorter. What is shown is multiplied.">time × {o.time_scale}</dd></div>}
    </dl>
  );
}

const themes: Record<Theme, [next: Theme, icon: "system" | "sun" | "moon", says: string]> = {
  system: ["light", "system", "Colours: as the system"],
  light: ["dark", "sun", "Colours: light"],
  dark: ["system", "moon", "Colours: dark"],
};

function ThemeChoice() {
  const [next, icon, says] = themes[theme.value];
  return <Button kind="quiet" icon={icon} label={says} onClick={() => setTheme(next)} />;
}

/** Stale says that what is shown is old, how old, and when the next attempt is. */
function Stale() {
  if (!stale.value) return null;
  const wait = retryAt.value - now.value;
  return (
    <Banner tone="warn" title={`What you see is ${coarse(stale.value)} old`} actions={<Button onClick={retry}>Try now</Button>}>
      The gateway is not answering. {wait > 500 ? `Next attempt in ${coarse(wait)}.` : "Connecting…"}
    </Banner>
  );
}

function Keys() {
  useKey("?", "All keys", () => void (help.value = true));
  return (
    <>
      {pages.map((p) => <GoTo key={p.name} page={p.name} title={p.title} k={p.key} />)}
      {help.value && (
        <Dialog title="Keys" onClose={() => (help.value = false)}>
          <dl class="keys">
            {bound().map((b) => <div key={b.key}><dt>{b.key.split(" ").map((k) => <kbd key={k}>{k}</kbd>)}</dt><dd>{b.says}</dd></div>)}
            <div><dt><kbd>Enter</kbd></dt><dd>Open the row</dd></div>
          </dl>
        </Dialog>
      )}
    </>
  );
}

function GoTo({ page, title, k }: { page: string; title: string; k: string }) {
  useKey(`g ${k}`, `Go to ${title}`, () => go(href(page)));
  return null;
}
