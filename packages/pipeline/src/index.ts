export { Interrupted, PipelineError, throwIfAborted, type PipelineErrorFields, type PipelineExitCode } from './errors';
export { canonicalJson } from './storage/canonical-json';
export { Checkpoints, type Checkpoint, type CheckpointsOptions } from './storage/checkpoints';
export { sha256, sha256Hex } from './storage/digest';
export {
  completeStage,
  MANIFEST_PATH,
  MANIFEST_VERSION,
  manifestHash,
  reopenStage,
  stageIsComplete,
  whyIncomplete,
  type Manifest,
  type StageIdentity,
} from './storage/manifest';
export { MemoryStorage } from './storage/memory-storage';
export { checkPath, type Storage } from './storage/storage';
