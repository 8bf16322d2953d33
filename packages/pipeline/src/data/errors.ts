import { PipelineError } from '../errors';
import type { PipelineErrorFields } from '../errors';
import type { Split } from './types';

/** What is wrong with a file of a data set. */
export type DataProblemKind =
  | 'folder'
  | 'name'
  | 'duplicate'
  | 'partner'
  | 'unreadable'
  | 'shape'
  | 'labels'
  | 'empty'
  | 'landmarks'
  | 'unknown-case';

/** A file (or a line of it) that cannot be used; `where` is the file, with `:line` where a line is concerned. */
export class DataError extends PipelineError {
  readonly kind: DataProblemKind;
  readonly file: string;
  readonly line: number | undefined;

  constructor(fields: Omit<PipelineErrorFields, 'where'> & { kind: DataProblemKind; file: string; line?: number }) {
    const { kind, file, line, ...rest } = fields;
    super({ ...rest, where: line === undefined ? file : `${file}:${line}` });
    this.name = 'DataError';
    this.kind = kind;
    this.file = file;
    this.line = line;
  }
}

/** One thing that does not fit, as `verify()` reports it. */
export interface DataProblem {
  folder: Split | 'landmarks';
  file: string;
  kind: DataProblemKind;
  /** `file: expected …, got …; do …` */
  message: string;
}

/** Everything that was found in the folders of a data set. */
export interface DataReport {
  source: string;
  /** No problems, and at least one training pair. */
  ok: boolean;
  /** Ids of the usable pairs. */
  pairs: Record<Split, string[]>;
  /** All files that do not fit. */
  problems: DataProblem[];
  /** Worth knowing, but not in the way: files that were passed over, test cases without landmarks. */
  notes: string[];
}

/** A data set with files that do not fit; `report` lists all of them, the message the first few. */
export class DataReportError extends PipelineError {
  readonly report: DataReport;

  constructor(report: DataReport) {
    const shown = report.problems.slice(0, 3).map((problem) => `[${problem.folder}] ${problem.message}`);
    const more = report.problems.length - shown.length;
    super({
      where: `data set ${report.source}`,
      expected: 'files that all fit',
      got: `${report.problems.length} that do not: ${shown.join(' | ')}${more > 0 ? ` | and ${more} more` : ''}`,
      advice: 'run `paired3d verify-data` for the whole list',
    });
    this.name = 'DataReportError';
    this.report = report;
  }
}
