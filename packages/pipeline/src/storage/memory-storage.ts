import { checkPath, type Storage } from './storage';

/** A {@link Storage} in memory: for tests, and for runs that need not outlive their process. */
export class MemoryStorage implements Storage {
  #files = new Map<string, Uint8Array>();
  #root = '';

  async read(path: string): Promise<Uint8Array | undefined> {
    return this.#files.get(this.#root + checkPath(path))?.slice();
  }

  async write(path: string, bytes: Uint8Array): Promise<void> {
    this.#files.set(this.#root + checkPath(path), bytes.slice());
  }

  async list(prefix: string): Promise<string[]> {
    return [...this.#files.keys()]
      .filter((path) => path.startsWith(this.#root + prefix))
      .map((path) => path.slice(this.#root.length))
      .sort();
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(this.#root + checkPath(path));
  }

  within(folder: string): Storage {
    const view = new MemoryStorage();
    view.#files = this.#files; // shared: what is written through one view is seen through the other
    view.#root = `${this.#root}${checkPath(folder)}/`;
    return view;
  }
}
