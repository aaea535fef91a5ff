import type { ComponentChildren } from "preact";
import { copy } from "../core/clipboard";
import { Icon, type IconName } from "./icon";

interface Props {
  onClick?: () => void;
  icon?: IconName;
  kind?: "plain" | "primary" | "quiet" | "danger";
  label?: string; // where there are no words in it
  tip?: string;
  type?: "button" | "submit";
  disabled?: boolean;
  pressed?: boolean;
  children?: ComponentChildren;
}

export function Button({ onClick, icon, kind = "plain", label, tip, type = "button", disabled, pressed, children }: Props) {
  return (
    <button type={type} class={`button ${kind}${children ? "" : " square"}`} onClick={onClick} disabled={disabled} aria-label={label} aria-pressed={pressed} data-tip={tip ?? (children ? undefined : label)}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** CopyAsCLI hands over the command that shows the same in a terminal. */
export function CopyAsCLI({ command }: { command: string }) {
  return <Button icon="terminal" tip={command} onClick={() => void copy(command, "Command copied")}>Copy as CLI</Button>;
}

/** Code is text to be pasted elsewhere, with a button that copies it. */
export function Code({ text, what = "Copied" }: { text: string; what?: string }) {
  return (
    <div class="code">
      <pre tabIndex={0}><code>{text}</code></pre>
      <Button icon="copy" kind="quiet" label="Copy" onClick={() => void copy(text, what)} />
    </div>
  );
}
