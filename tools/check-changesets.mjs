// Refuses changesets that a release would stumble over, such as those of packages that the workspace has not. Prints nothing when all is well.
import getReleasePlan from '@changesets/get-release-plan';
import { ROOT } from './workspace.mjs';

try {
  await getReleasePlan(ROOT);
} catch (error) {
  console.error(`check-changesets: ${error.message} (.changeset/*.md)`);
  process.exit(1);
}
