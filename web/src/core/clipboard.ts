import { toast } from "../ui/toast";

/** copy puts text on the clipboard and says so. Without leave for that, it says what to do. */
export async function copy(text: string, what = "Copied"): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(what, text);
  } catch {
    // Over plain HTTP from another machine there is no clipboard but by selection.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "offstage";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    toast(done ? what : "The browser does not let pages copy: select it here", text);
  }
}
