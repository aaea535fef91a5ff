/** Tabs choose one of a few values. They are a group of radio buttons: arrows move, and screen readers say which. */
export function Tabs<T extends string>({ label, value, options, onChange }: { label: string; value: T; options: readonly (readonly [T, string])[]; onChange: (v: T) => void }) {
  return (
    <div class="tabs" role="radiogroup" aria-label={label}>
      {options.map(([v, text]) => (
        <label key={v} class={v === value ? "on" : ""}>
          <input type="radio" name={label} checked={v === value} onChange={() => onChange(v)} />
          {text}
        </label>
      ))}
    </div>
  );
}
