/**
 * A table as GitHub's Markdown, columns padded so that it reads well on a terminal too.
 * @param columns `{ title, of, left }`: `of(row)` gives a cell's text; numbers are set to the right unless `left`
 */
export function table(rows, columns) {
  const cells = rows.map((row) => columns.map(({ of }) => String(of(row))));
  const widths = columns.map(({ title }, c) => Math.max(3, title.length, ...cells.map((row) => row[c].length)));
  const pad = (text, c) => (columns[c].left ? text.padEnd(widths[c]) : text.padStart(widths[c]));
  const line = (texts) => `| ${texts.map(pad).join(' | ')} |`;
  const rule = widths.map((width, c) => (columns[c].left ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [line(columns.map(({ title }) => title)), `| ${rule.join(' | ')} |`, ...cells.map(line)].join('\n');
}

/** Three significant digits without an exponent; a dash for what was not measured. */
export function figure(value) {
  if (value === undefined || !Number.isFinite(value)) return '–';
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return value.toFixed(Math.abs(value) >= 10 ? 1 : 2);
}
