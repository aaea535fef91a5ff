import { render } from "preact";
import "./styles/colours.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/table.css";
import "./styles/pages.css";
import "./styles/tools.css";
import { enter } from "./core/session";
import { Shell } from "./shell";

const root = document.getElementById("app");
if (root) render(<Shell />, root);
void enter();
