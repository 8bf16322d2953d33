/** What a running pipeline tells whoever shows its progress. */
export type PipelineEvent =
  | { readonly type: 'stage-start'; readonly stage: string; readonly total: number; readonly resumedAt: number }
  | {
      readonly type: 'step';
      readonly stage: string;
      /** steps done, from 1 */
      readonly step: number;
      readonly total: number;
      readonly metrics: Readonly<Record<string, number>>;
    }
  | { readonly type: 'stage-end'; readonly stage: string; readonly seconds: number; readonly skipped: boolean }
  | { readonly type: 'checkpoint'; readonly stage: string; readonly step: number }
  | { readonly type: 'message'; readonly level: 'info' | 'warning'; readonly text: string };

/** Receives the events of a run, in order. */
export type EventListener = (event: PipelineEvent) => void;
