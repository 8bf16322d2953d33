import type { Program } from './program';

const THREADS = 64;

/**
 * A program with one workgroup for each of `rows`, whose code defines `fn row(r: i32, thread: i32)`: all its threads call
 * `sumOfRow` and `maxOfRow` together, and go over the columns by `for (var c = thread; c < u.columns; c += ${THREADS})`.
 */
export function eachRow(rows: number, columns: number, program: Omit<Program, 'threads' | 'workgroups'>): Program {
  return {
    ...program,
    integers: { ...program.integers, columns },
    threads: THREADS,
    workgroups: rows,
    code: `var<workgroup> lanes: array<f32, ${THREADS}>;
fn sumOfRow(value: f32, thread: i32) -> f32 {
  lanes[thread] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}; half > 0; half /= 2) {
    if (thread < half) { lanes[thread] += lanes[thread + half]; }
    workgroupBarrier();
  }
  let total = lanes[0];
  workgroupBarrier();
  return total;
}
fn maxOfRow(value: f32, thread: i32) -> f32 {
  lanes[thread] = value;
  workgroupBarrier();
  for (var half = ${THREADS / 2}; half > 0; half /= 2) {
    if (thread < half) { lanes[thread] = max(lanes[thread], lanes[thread + half]); }
    workgroupBarrier();
  }
  let largest = lanes[0];
  workgroupBarrier();
  return largest;
}
${program.code}
fn run(workgroup: i32, thread: i32) { row(workgroup, thread); }`,
  };
}

/** A loop over the columns of a row, by all threads. */
export const overColumns = (body: string): string => `for (var c = thread; c < u.columns; c += ${THREADS}) { ${body} }`;

/** The lowest finite float. */
export const LOWEST = '-3.4028234663852886e38';
