import { oversampling, triple, type FolderConfig, type PhantomConfig, type SubjectsConfig } from './config';
import type { Size3 } from './types';

/** The source of a run's pairs, as its configuration tells it. */
export type SourceConfig =
  | ({ readonly kind: 'phantom' } & Pick<PhantomConfig, 'size' | 'spacing'>)
  | { readonly kind: 'folder'; readonly dataset: FolderConfig }
  | { readonly kind: 'subjects'; readonly dataset: SubjectsConfig };

/** What a source's configuration says of the grid that its pairs come on. */
export interface WorkingGrid {
  /** Voxels along i, j, k; none where it depends on the scans. */
  readonly size?: Size3;
  /** Millimetres a voxel. */
  readonly spacing: Size3;
  /** Voxels of the source's frame that one of the grid is pooled from. */
  readonly pool: Size3;
  /** Foreground labels of a scan. */
  readonly labels: number;
  /** Voxels of the grid on which training scans are augmented, where it is finer. */
  readonly fine?: Size3;
}

/** The grid of a source, before any scan is read. */
export function workingGridOf(source: SourceConfig): WorkingGrid {
  switch (source.kind) {
    case 'phantom':
      return { size: source.size, spacing: triple(source.spacing), pool: [1, 1, 1], labels: 1 };
    case 'folder': {
      const { frame, labels } = source.dataset;
      const count = typeof labels === 'object' && 'each' in labels ? labels.each : 1;
      const grid = pooled(frame?.size, triple(source.dataset.spacing), triple(source.dataset.pool), count);
      const factor = oversampling(source.dataset);
      return factor > 1 && grid.size ? { ...grid, fine: scaled(grid.size, factor) } : grid;
    }
    case 'subjects': {
      const { size, pool, spacing, labels } = source.dataset;
      const factors = triple(pool).map((factor, axis) => (size[axis] === 1 ? 1 : factor)) as unknown as Size3;
      return pooled(size, triple(spacing), factors, labels);
    }
  }
}

const scaled = (size: Size3, factor: number) => size.map((n) => n * factor) as unknown as Size3;

function pooled(frame: Size3 | undefined, spacing: Size3, pool: Size3, labels: number): WorkingGrid {
  const size = frame?.map((n, axis) => n / pool[axis]) as Size3 | undefined;
  return { size, spacing: spacing.map((mm, axis) => mm * pool[axis]) as unknown as Size3, pool, labels };
}
