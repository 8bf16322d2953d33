import { SingleBar } from 'cli-progress';
import type { EventListener, PipelineEvent } from '@paired3d/pipeline';
import { formatDuration, formatMetrics, secondsLeft } from './format';

/** Where progress is shown. */
export interface ProgressOptions {
  /** `bars` on a terminal, `lines` elsewhere, `json` for programs, `quiet`: warnings alone. */
  readonly mode: ProgressMode;
  /** Takes the JSON lines, and nothing else. */
  readonly stdout: NodeJS.WritableStream;
  /** Takes everything that is for a person. */
  readonly stderr: NodeJS.WritableStream;
  /** Milliseconds; tests give their own clock. */
  readonly now?: () => number;
}

export type ProgressMode = 'bars' | 'lines' | 'json' | 'quiet';

/** Shows the events of a run. */
export interface Progress {
  readonly listener: EventListener;
  /** Takes a bar off the terminal; must be called when the run ends, however it does. */
  close(): void;
}

/** The mode that suits the flags and the terminal. */
export function progressMode(flags: { json?: boolean; quiet?: boolean }, stderr: { isTTY?: boolean }): ProgressMode {
  if (flags.json) return 'json';
  if (flags.quiet) return 'quiet';
  return stderr.isTTY ? 'bars' : 'lines';
}

/** Makes the display of a run's events. */
export function showProgress(options: ProgressOptions): Progress {
  const { mode, stdout, stderr } = options;
  const say = (line: string) => void stderr.write(`${line}\n`);
  switch (mode) {
    case 'json':
      return { listener: (event) => void stdout.write(`${JSON.stringify(event)}\n`), close() {} };
    case 'quiet':
      return {
        listener: (event) => event.type === 'message' && event.level === 'warning' && say(asText(event)!),
        close() {},
      };
    case 'lines':
      return { listener: lines(say, options.now ?? Date.now), close() {} };
    case 'bars':
      return bars(stderr, say, options.now ?? Date.now);
  }
}

/** An event as a line of text; undefined for those that only move a bar. */
export function asText(event: PipelineEvent): string | undefined {
  switch (event.type) {
    case 'stage-start':
      return `${event.stage}: ${event.total} steps${event.resumedAt > 0 ? `, going on at ${event.resumedAt}` : ''}`;
    case 'stage-end':
      return event.skipped
        ? `${event.stage}: already done`
        : `${event.stage}: done in ${formatDuration(event.seconds)}`;
    case 'message':
      return event.level === 'warning' ? `warning: ${event.text}` : event.text;
    case 'step':
    case 'checkpoint':
      return undefined;
  }
}

/** A step as a line: where the stage is, its metrics, the time that is left. */
export function stepText(event: PipelineEvent & { type: 'step' }, left: number | undefined): string {
  const percent = Math.floor((100 * event.step) / event.total);
  const place = `${event.stage}: ${event.step}/${event.total} (${percent} %)`;
  const parts = [place, formatMetrics(event.metrics), left === undefined ? '' : `${formatDuration(left)} left`];
  return parts.filter(Boolean).join(' · ');
}

const LINE_EVERY_MS = 5000;

/** A line every few seconds at most, and one for each stage's last step. */
function lines(say: (line: string) => void, now: () => number): EventListener {
  const pace = new Pace(now);
  let last = -Infinity;
  return (event) => {
    pace.see(event);
    if (event.type !== 'step') {
      const text = asText(event);
      if (text) say(text);
    } else if (now() - last >= LINE_EVERY_MS || event.step === event.total) {
      last = now();
      say(stepText(event, pace.left(event)));
    }
  };
}

/** One bar for the running stage; a line stays behind for each that ended. */
function bars(stderr: NodeJS.WritableStream, say: (line: string) => void, now: () => number): Progress {
  const pace = new Pace(now);
  let bar: SingleBar | undefined;
  let shown = { total: 1, step: 0, payload: {} as Record<string, string> };
  let metrics = '';

  const start = (): void => {
    const format = '{stage} {bar} {value}/{total} · {left} left{metrics}';
    bar = new SingleBar({
      format,
      stream: stderr as NodeJS.WriteStream,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      barsize: 24,
      fps: 5,
      hideCursor: true,
      clearOnComplete: true,
      gracefulExit: false, // signals are ours: the first one asks for a checkpoint
    });
    bar.start(shown.total, shown.step, shown.payload);
  };
  const stop = (): void => {
    bar?.stop();
    bar = undefined;
  };

  const listener: EventListener = (event) => {
    pace.see(event);
    switch (event.type) {
      case 'stage-start':
        stop();
        metrics = '';
        shown = { total: event.total, step: event.resumedAt, payload: { stage: event.stage, left: '?', metrics: '' } };
        return start();
      case 'step': {
        metrics = formatMetrics(event.metrics);
        const left = pace.left(event);
        const payload = {
          stage: event.stage,
          left: left === undefined ? '?' : formatDuration(left),
          metrics: metrics && ` · ${metrics}`,
        };
        shown = { total: event.total, step: event.step, payload };
        bar?.update(event.step, payload);
        return;
      }
      case 'stage-end': {
        stop();
        const summary = [asText(event), event.skipped ? '' : metrics].filter(Boolean).join(' · ');
        metrics = '';
        return say(summary);
      }
      case 'message': {
        const running = bar !== undefined;
        stop();
        say(asText(event)!);
        if (running) start();
        return;
      }
      case 'checkpoint':
    }
  };
  return { listener, close: stop };
}

/** Remembers when the running stage began, and where. */
class Pace {
  #start = 0;
  #resumedAt = 0;

  constructor(readonly now: () => number) {}

  see(event: PipelineEvent): void {
    if (event.type !== 'stage-start') return;
    this.#start = this.now();
    this.#resumedAt = event.resumedAt;
  }

  left(event: PipelineEvent & { type: 'step' }): number | undefined {
    return secondsLeft(event.step, event.total, this.#resumedAt, (this.now() - this.#start) / 1000);
  }
}
