import { lockFolder, type Lock } from '../lock';
import { PipelineError } from '@paired3d/pipeline';

// A process that takes the lock of the folder it was started for, and gives it back, when it is told to.
const folder = process.argv[2];
let lock: Lock | undefined;

process.on('message', async (command) => {
  if (command === 'release') {
    lock?.release();
    lock = undefined;
    process.send!('released');
    return;
  }
  try {
    lock = await lockFolder(folder);
    process.send!('held');
  } catch (error) {
    process.send!(error instanceof PipelineError && error.exitCode === 75 ? 'refused' : String(error));
  }
});
