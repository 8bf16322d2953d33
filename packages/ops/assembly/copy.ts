// Copies between tensors of 32-bit values.

export function zero(at: usize, bytes: usize): void {
  memory.fill(at, 0, bytes);
}

/** `count` blocks of `words` 32-bit values from places `fromStep` bytes apart to places `toStep` bytes apart. */
export function copyBlocks(from: usize, to: usize, count: i32, words: i32, fromStep: usize, toStep: usize): void {
  const bytes = <usize>words << 2;
  if (words > 64) {
    for (let i = 0; i < count; i++, from += fromStep, to += toStep) memory.copy(to, from, bytes);
    return;
  }
  // A bulk copy costs more to start than so few words take.
  const vectors = bytes & ~15;
  for (let i = 0; i < count; i++, from += fromStep, to += toStep) {
    let at: usize = 0;
    for (; at < vectors; at += 16) v128.store(to + at, v128.load(from + at));
    for (; at < bytes; at += 4) store<u32>(to + at, load<u32>(from + at));
  }
}
