import { Component, type ComponentChildren } from "preact";
import { useMemo, useRef } from "preact/hooks";
import { useKey } from "../core/keys";
import { route, set } from "../core/router";
import { Icon } from "./icon";

export interface Column<T> {
  name: string; // in the address, when the table is sorted by it
  title: string;
  cell: (row: T) => ComponentChildren;
  /** sort is what rows are ordered by; null comes last. Without it the column sorts nothing. */
  sort?: (row: T) => number | string | null;
  right?: boolean;
  grow?: boolean; // it takes what width is left
  /** from is the least width of the page, in px, at which there is room for it. */
  from?: 640 | 900 | 1200 | 1400;
  tip?: string;
}

interface Props<T> {
  label: string;
  rows: readonly T[];
  columns: readonly Column<T>[];
  id: (row: T) => string;
  /** to is where a row leads: its first cell is a link. */
  to?: (row: T) => string;
  open?: string | undefined; // the row that is shown beside the table
  /** by is the order without a word in the address: a column's name, with "-" for the greatest first. Empty: as given. */
  by?: string;
  mark?: (row: T) => string; // a class
}

/**
 * Table is the main table of a page: its order is in the address (sort=), and j, k,
 * g g and G go through its rows.
 */
export function Table<T>({ label, rows, columns, id, to, open, by = "", mark }: Props<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  const order = route.value.query["sort"] ?? by;
  const sorted = useMemo(() => inOrder(rows, columns, order), [rows, columns, order]);

  const links = () => [...(body.current?.querySelectorAll<HTMLElement>("[data-row]") ?? [])];
  const move = (step: number) => {
    const all = links();
    const at = all.findIndex((l) => l === document.activeElement || (document.activeElement === document.body && l.dataset["row"] === open));
    const next = all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + step))];
    next?.focus();
    next?.closest("tr")?.scrollIntoView({ block: "nearest" });
    // While a row is shown beside the table, the next one takes its place.
    if (open !== undefined && next instanceof HTMLAnchorElement) next.click();
  };
  useKey("j", "Next row", () => move(1), !!to);
  useKey("k", "Previous row", () => move(-1), !!to);
  useKey("g g", "First row", () => move(-1e9), !!to);
  useKey("G", "Last row", () => move(1e9), !!to);

  return (
    <div class="table" role="region" aria-label={label} tabIndex={to ? undefined : 0}>
      <table>
        <caption class="offstage">{label}</caption>
        <thead>
          <tr>{columns.map((c) => <Head key={c.name} column={c} order={order} by={by} />)}</tr>
        </thead>
        <tbody ref={body}>
          {sorted.map((row) => {
            const key = id(row);
            return <Row key={key} row={row} columns={columns as readonly Column<never>[]} name={key} to={to?.(row)} open={key === open} mark={mark?.(row) ?? ""} />;
          })}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  row: unknown;
  columns: readonly Column<never>[];
  name: string;
  to: string | undefined;
  open: boolean;
  mark: string;
}

// Row is drawn again only when something of it has changed: lists get long, and new
// rows come many times a second. A page keeps its columns for that (useMemo).
class Row extends Component<RowProps> {
  override shouldComponentUpdate(p: RowProps, state: unknown): boolean {
    const q = this.props;
    return p.row !== q.row || p.columns !== q.columns || p.to !== q.to || p.open !== q.open || p.mark !== q.mark || state !== this.state;
  }

  override render({ row, columns, name, to, open, mark }: RowProps) {
    return (
      <tr class={`${open ? "open " : ""}${to ? "leads " : ""}${mark}`} onClick={follow}>
        {columns.map((c, i) => (
          <td key={c.name} class={classes(c)}>
            {i === 0 && to ? <a href={to} data-row={name} aria-current={open ? "true" : undefined}>{c.cell(row as never)}</a> : c.cell(row as never)}
          </td>
        ))}
      </tr>
    );
  }
}

function classes<T>(c: Column<T>): string {
  return `${c.right ? "right " : ""}${c.grow ? "wide " : ""}${c.from ? `from-${c.from}` : ""}`.trim();
}

function Head<T>({ column: c, order, by }: { column: Column<T>; order: string; by: string }) {
  if (!c.sort) return <th scope="col" class={classes(c)} data-tip={c.tip}>{c.title}</th>;
  const up = order === c.name;
  const down = order === `-${c.name}`;
  const turn = () => {
    // Figures begin with the greatest, words with A.
    const next = c.right ? (down ? c.name : `-${c.name}`) : up ? `-${c.name}` : c.name;
    set({ sort: next === by ? "" : next });
  };
  return (
    <th scope="col" class={classes(c)} aria-sort={up ? "ascending" : down ? "descending" : undefined}>
      <button type="button" onClick={turn} data-tip={c.tip}>
        {c.title}
        {(up || down) && <span class={up ? "sorted up" : "sorted"}><Icon name="up" size={11} /></span>}
      </button>
    </th>
  );
}

// A click anywhere in a row follows its link, but for those on what else can be pressed, and for marked text.
function follow(e: MouseEvent): void {
  if (!(e.target instanceof Element) || !(e.currentTarget instanceof Element)) return;
  if (e.target.closest("a, button, input") || getSelection()?.toString()) return;
  e.currentTarget.querySelector<HTMLAnchorElement>("a[data-row]")?.click();
}

function inOrder<T>(rows: readonly T[], columns: readonly Column<T>[], order: string): readonly T[] {
  const sort = columns.find((c) => c.name === order.replace(/^-/, ""))?.sort;
  if (!sort) return rows;
  const sign = order.startsWith("-") ? -1 : 1;
  return [...rows].sort((a, b) => {
    const x = sort(a);
    const y = sort(b);
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return sign * (typeof x === "string" ? x.localeCompare(String(y)) : x - Number(y));
  });
}
