export { boxPlot, type BoxGroup, type Reference } from './box-plot';
export { casePlot, type CaseSeries } from './case-plot';
export { lineChart, type LineSeries } from './line-chart';
export { renderReport } from './page';
export { encodePng, pngDataUri } from './png';
export {
  FIXED_INK,
  MOVING_INK,
  PAPER,
  enlarge,
  overlay,
  overlayVolumes,
  project,
  type GreyImage,
  type Plane,
  type ProjectionMode,
  type RgbaImage,
} from './projection';
export {
  METHODS,
  landmarkWeightedMean,
  type CaseTable,
  type Method,
  type MethodTables,
  type RegistrationSummary,
  type Summary,
} from './summary';
export type {
  ReportCurves,
  ReportData,
  ReportPair,
  ReportRegistration,
  ReportSeries,
  ReportSize,
  ReportStage,
} from './types';
