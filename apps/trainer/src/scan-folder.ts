import * as fs from 'node:fs/promises';
import path from 'node:path';
import { PipelineError } from '@paired3d/pipeline';
import { fileError } from './file-errors';

/** The files of one folder of scans, read only: the `ScanFiles` of the pipeline's sources. Folders in it are passed over, or searched too. */
export class ScanFolder {
  /** The folder, as it was given. */
  readonly folder: string;

  private constructor(
    folder: string,
    private readonly deep: boolean,
  ) {
    this.folder = folder;
  }

  /**
   * Opens a folder.
   *
   * @param deep also lists the files of the folders in it, as `folder/file`
   * @throws PipelineError when it does not exist, is no folder or may not be read.
   */
  static async open(folder: string, { deep = false } = {}): Promise<ScanFolder> {
    const stats = await fs.stat(folder).catch((error: unknown) => {
      throw fileError(folder, 'a folder of scans', error);
    });
    if (!stats.isDirectory()) {
      const advice = 'give the folder that holds the scans';
      throw new PipelineError({ where: folder, expected: 'a folder of scans', got: 'a file', advice });
    }
    return new ScanFolder(folder, deep);
  }

  /** Names of its files, links to files included, sorted; hidden ones are left out. */
  async list(): Promise<string[]> {
    try {
      const entries = await fs.readdir(this.folder, { withFileTypes: true });
      const names: string[] = [];
      for (const entry of entries) {
        if (entry.name.startsWith('.')) continue;
        if (!entry.isDirectory() && !(entry.isSymbolicLink() && (await this.#isFolder(entry.name)))) {
          names.push(entry.name);
        } else if (this.deep) {
          const inside = await new ScanFolder(path.join(this.folder, entry.name), false).list();
          names.push(...inside.map((name) => `${entry.name}/${name}`));
        }
      }
      return names.sort();
    } catch (error) {
      throw fileError(this.folder, 'to list the folder', error);
    }
  }

  /**
   * The content of one file.
   *
   * @throws PipelineError that names the file when it cannot be read.
   */
  async read(name: string): Promise<Uint8Array> {
    const file = path.join(this.folder, name);
    try {
      const buffer = await fs.readFile(file);
      return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    } catch (error) {
      throw fileError(file, 'to read it', error);
    }
  }

  /** A link that leads nowhere counts as a file, so that reading it says what is wrong. */
  async #isFolder(name: string): Promise<boolean> {
    const stats = await fs.stat(path.join(this.folder, name)).catch(() => undefined);
    return stats?.isDirectory() ?? false;
  }
}
