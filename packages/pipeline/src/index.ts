// Running the chain
export { STAGES, run, type RunResult, type StageName } from './run/run';
export { splitsNeeded, stagesNeeded } from './run/needs';
export { estimateMemory, type StageMemory } from './memory/estimateMemory';
export { checkMemory, presetMemory, type MemoryLimits } from './memory/checkMemory';
export type { ModelName, RunContext } from './run/context';
export type { EventListener, PipelineEvent } from './run/events';
export type { StageTiming } from './run/stage';
export { openJob } from './workers/jobs';
export type { Job, Workers } from './workers/workers';

// Configuration
export { augmentationOf, runConfigSchema, type RunConfig, type RunConfigInput } from './run/config';
export { parseRunConfig, workingSpacing } from './run/parse';
export { presets, type PresetName } from './run/presets';
export { folderConfigSchema, parseConfig, phantomConfigSchema, subjectsConfigSchema } from './data/config';
export type {
  FolderConfig,
  FolderConfigInput,
  PhantomConfig,
  PhantomConfigInput,
  SubjectsConfig,
  SubjectsConfigInput,
} from './data/config';
export { augmentPresets, type AugmentConfig, type FieldConfig } from './data/augment';

// Data
export type { Landmarks, PairSource, PreparedPair, Size3, Split } from './data/types';
export { folderSource, preparePair, type FolderSource, type ScanFiles, type ScanFolders } from './data/folder';
export { subjectsSource, type SubjectsSource } from './data/subjects';
export { lung250m, oasisSlices, workingGridConfig } from './data/datasets';
export { phantomSource, type PhantomSource } from './data/phantom/source';
export { phantomVolume, writePhantomDataset, type PhantomVolume } from './data/phantom/dataset';
export {
  croppedLandmarks,
  exactLandmarks,
  geometryOf,
  prepareScan,
  type Geometry,
  type ScanVolume,
} from './data/prepare';
export { workingAffine } from './data/workingAffine';
export { workingGridOf, type WorkingGrid } from './data/workingGrid';
export {
  formatLandmarks,
  initialError,
  meanDisplacementError,
  parseLandmarks,
  type LandmarkTable,
} from './data/landmarks';

// Trained models, and what they do
export { kindOfModel, readModel, writeModel, type ModelFolder } from './run/modelFolder';
export { importCheckpoint, readTensors, toPytorchNames, withWeightType, type WeightType } from './run/convert';
export { denoiserConfigOf } from './run/modelConfigs';
export { importTokens, type TokenImport } from './run/importTokens';
export { openVqae } from './stages/vqae';
export { openDenoiser } from './stages/diffusion';
export { openRegistration } from './stages/registration';
export { gridAffine } from './stages/synthesize';
export { sampleOrders, type SampleOrder } from '@paired3d/absorbing-diffusion';
export { samplePair, type GivenPair, type SamplePairOptions, type SyntheticPair } from './stages/samplePair';
export { optimisePrepared, type CaseResult } from './stages/evaluate';
export { scoreDisplacements, scorePair, type MethodResult } from './stages/scoring';

// Registering one pair
export {
  inVoxels,
  poolingTo,
  registerMethods,
  registerPair,
  type Registered,
  type RegisteredPair,
  type RegisterMethod,
  type RegisterProgress,
  type RegisterSettings,
} from './register/registerPair';
export { registrationFiles } from './register/registrationFiles';
export { finer, prepareScanPair, RESOLUTION, type ScanFrame, type ScanPair } from './register/scanPair';

// Assessing synthetic pairs
export { assessPairs, checkEnough, type AssessContext, type Assessment, type Chance } from './assess/assess';
export type { AssessedPair, AssessSettings } from './assess/assessStage';
export { selectPairs, type Selection } from './assess/source';
export { BOUNDS as ASSESS_BOUNDS, copyBound, judgePairs, type Criterion, type CriterionName } from './assess/criteria';
export { boundsText, verdictOf, type Verdict } from './assess/verdict';
export { isBlank, pairFigures, type MeasureSettings, type PairFigures } from './assess/pairFigures';
export { nearestScan, type Neighbour, type TrainingScan } from './assess/nearest';
export { spreadOf } from './assess/spread';
export { vesselStatistics, type VesselStatistics } from './assess/vessels';
export { skeleton } from './assess/thinning';
export { measureCentreline, type Centreline } from './assess/centreline';
export { componentSizes } from './assess/components';
export { distanceToBackground } from './assess/distanceTransform';
export { correlation } from './correlation';

// Results
export { summarize, type RunFacts } from './run/summarize';
export { evaluationCsv, landmarkErrorsCsv, sortedIds } from './run/evaluationTables';
export {
  METHODS,
  PERCENTS,
  landmarkWeightedMean,
  type CaseTable,
  type Method,
  type MethodTables,
  type Percentiles,
  type RegistrationSummary,
  type Summary,
} from './report/summary';

// Report
export { reportData } from './run/reportData';
export { renderReport } from './report/page';
export { STYLE as REPORT_STYLE } from './report/style';
export { renderRegistration, type RegistrationReport } from './report/registration-page';
export { experimentMarkdown, renderExperiment } from './report/experiment';
export type { Experiment, ExperimentRow, ExperimentRun } from './report/experiment';
export { renderAssessment, type AssessmentReport } from './report/assessment-page';
export { jacobianMap } from './report/jacobian-map';
export { deformedGrid } from './report/deformed-grid';
export type {
  ReportCurves,
  ReportData,
  ReportPair,
  ReportRegistration,
  ReportSeries,
  ReportSize,
  ReportStage,
} from './report/types';
export { boxPlot, type BoxGroup, type Reference } from './report/box-plot';
export { casePlot, type CaseSeries } from './report/case-plot';
export { rangePlot, type RangeRow } from './report/range-plot';
export { lineChart, type LineSeries } from './report/line-chart';
export { encodePng, pngDataUri } from './report/png';
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
} from './report/projection';

// Storage
export { checkPath, type Storage } from './storage/storage';
export { MemoryStorage } from './storage/memory-storage';
export { Checkpoints, type Checkpoint, type CheckpointsOptions } from './storage/checkpoints';
export { MANIFEST_PATH, stageIsComplete, whyIncomplete, type Manifest, type StageIdentity } from './storage/manifest';
export { canonicalJson } from './storage/canonical-json';
export { sha256Hex } from './storage/digest';

// Errors
export { Interrupted, PipelineError, throwIfAborted, type PipelineErrorFields, type PipelineExitCode } from './errors';
export { DataError, DataReportError } from './data/errors';
export type { DataProblem, DataProblemKind, DataReport } from './data/errors';
