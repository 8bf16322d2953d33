import type { TensorInfo } from '@tensorflow/tfjs-core';

/** A compute shader and what it works on. Its code sees each tensor and each number under the name it has here. */
export interface Program {
  /** Names it in messages of WebGPU. */
  readonly name: string;
  readonly reads: Readonly<Record<string, TensorInfo>>;
  readonly writes: Readonly<Record<string, TensorInfo>>;
  /** Of `writes`: seen as `array<atomic<u32>>`. */
  readonly atomics?: readonly string[];
  /** Whole numbers, as `u.name`. */
  readonly integers?: Readonly<Record<string, number>>;
  /** Real numbers, as `u.name`. */
  readonly floats?: Readonly<Record<string, number>>;
  /** Threads of a workgroup, and how many of these. */
  readonly threads: number;
  readonly workgroups: number;
  /** Extensions of WGSL that the code uses, e.g. `f16`. */
  readonly extensions?: readonly string[];
  /** Defines `fn run(workgroup: i32, thread: i32)`; with the extension `subgroups` it is also given `subgroup: i32`, its number. */
  readonly code: string;
}

/**
 * The whole WGSL. It is the key under which the pipeline is kept, so nothing baked into it can be forgotten there.
 * Workgroups are numbered through, whatever way the dispatch folds them (see `folded`). A binding that the code leaves out, as
 * some code for some shapes does, is named all the same: the layout has only what is.
 */
export function source(program: Program): string {
  const { reads, writes, atomics = [], integers = {}, floats = {}, extensions = [], threads, code } = program;
  const inSubgroups = extensions.includes('subgroups');
  const type = ({ dtype }: TensorInfo) => (dtype === 'float32' ? 'f32' : 'i32');
  const declarations = [
    ...Object.entries(writes).map(([name, tensor]) => {
      const element = atomics.includes(name) ? 'atomic<u32>' : type(tensor);
      return `var<storage, read_write> ${name}: array<${element}>;`;
    }),
    ...Object.entries(reads).map(([name, tensor]) => `var<storage, read> ${name}: array<${type(tensor)}>;`),
    'var<uniform> u: Uniforms;',
  ];
  const members = [
    'workgroups: i32,',
    ...Object.keys(integers).map((name) => `${name}: i32,`),
    ...Object.keys(floats).map((name) => `${name}: f32,`),
  ];
  return `${extensions.map((name) => `enable ${name};\n`).join('')}struct Uniforms { ${members.join(' ')} };
${declarations.map((declaration, i) => `@group(0) @binding(${i}) ${declaration}`).join('\n')}
${code}
@compute @workgroup_size(${threads})
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) thread: u32,
  ${inSubgroups ? '@builtin(subgroup_id) subgroup: u32,' : ''}
) {
  ${[...Object.keys(writes), ...Object.keys(reads)].map((name) => `_ = &${name};`).join(' ')}
  let workgroup = i32(group.y * groups.x + group.x);
  if (workgroup >= u.workgroups) { return; }
  run(workgroup, i32(thread)${inSubgroups ? ', i32(subgroup)' : ''});
}
`;
}

/** The bytes of the uniforms, in the order of their declaration. */
export function uniforms({ integers = {}, floats = {}, workgroups }: Program): ArrayBuffer {
  const whole = [workgroups, ...Object.values(integers)];
  const real = Object.values(floats);
  const bytes = new ArrayBuffer(Math.ceil((whole.length + real.length) / 4) * 16);
  new Int32Array(bytes).set(whole);
  new Float32Array(bytes).set(real, whole.length);
  return bytes;
}

/** So many workgroups in at most two dimensions of at most `most`; undefined when there are too many even so. */
export function folded(workgroups: number, most: number): [x: number, y: number] | undefined {
  const y = Math.ceil(workgroups / most);
  return y <= most ? [Math.ceil(workgroups / y), y] : undefined;
}

const EACH = 256;

/** A program with one thread for each of `count` elements, whose code defines `fn element(i: i32)`. */
export function each(count: number, program: Omit<Program, 'threads' | 'workgroups'>): Program {
  return {
    ...program,
    integers: { ...program.integers, count },
    threads: EACH,
    workgroups: Math.ceil(count / EACH),
    code: `${program.code}
fn run(workgroup: i32, thread: i32) {
  let i = workgroup * ${EACH} + thread;
  if (i < u.count) { element(i); }
}`,
  };
}
