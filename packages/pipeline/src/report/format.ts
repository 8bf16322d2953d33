/** Makes text safe inside HTML and SVG elements and double- or single-quoted attributes. */
export function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** A number with fixed decimals; a dash when there is none. */
export function decimal(value: number | undefined, digits = 2): string {
  return value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits).replace('-', '−');
}

/** A whole number with thin spaces between groups of three digits. */
export function count(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, '\u202f')
    .replace('-', '−');
}

/** A number for an axis: as short as it can be told apart at the given step, thousands as `k`, millions as `M`. */
export function tickLabel(value: number, step = Math.abs(value)): string {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  if (magnitude < 1e-4 || magnitude >= 1e9) return value.toExponential(0).replace('-', '−').replace('+', '');
  const [unit, suffix] = magnitude >= 1e6 ? [1e6, 'M'] : magnitude >= 1e4 ? [1e3, 'k'] : [1, ''];
  const digits = Math.max(0, -Math.floor(Math.log10(step / unit) + 1e-9));
  return value === 0 ? '0' : (value / unit).toFixed(Math.min(digits, 6)).replace('-', '−') + suffix;
}

/** A duration: `0.42 s`, `8.3 s`, `2 min 05 s`, `1 h 02 min`. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '–';
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const pad = (n: number): string => n.toString().padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${pad(minutes % 60)} min`;
}

/** An amount of memory in binary units: `512 KiB`, `3.4 GiB`. */
export function bytes(amount: number | undefined): string {
  if (amount === undefined || !Number.isFinite(amount)) return '–';
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let power = 0;
  let value = amount;
  while (value >= 1023.5 && power < units.length - 1) {
    value /= 1024;
    power++;
  }
  return `${power > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[power]}`;
}

/** A stage's name as a heading shows it. */
export function stageTitle(stage: string): string {
  return stage === 'vqae' ? 'VQ-AE' : stage.charAt(0).toUpperCase() + stage.slice(1);
}
