import { PytorchError } from './errors';

/** A class or function that a pickle names. It is never looked up in this program: only `PickleHost` gives it meaning. */
export class Global {
  constructor(readonly name: string) {}
}

/** What the names and ids in a pickle mean. */
export interface PickleHost {
  /** whether a class or function may be named at all */
  allows(name: string): boolean;
  /** the result of a call of an allowed one */
  call(name: string, args: readonly unknown[]): unknown;
  /** the object that lies outside of the pickle */
  persistent(id: unknown): unknown;
}

/**
 * Reads a pickle of what `torch.save` writes (protocols 2 to 5): lists, tuples, dicts, texts, numbers, and calls of what
 * the host allows. Lists and tuples become arrays, dicts and OrderedDicts become Maps. Nothing is executed, and the work
 * is linear in the size.
 *
 * @throws PytorchError for a damaged pickle, for opcodes of other kinds of objects and for names that are not allowed
 */
export function unpickle(bytes: Uint8Array, host: PickleHost): unknown {
  const machine = new Machine(bytes, host);
  while (!machine.stopped) {
    const code = machine.byte();
    const operation = operations[code];
    if (!operation) {
      throw new PytorchError('pickle', 'opcodes of tensors in lists and dicts', `opcode 0x${code.toString(16)}`);
    }
    operation(machine);
  }
  return machine.pop();
}

/** The pickle machine: a stack, marks on it, and a memo. */
class Machine {
  stopped = false;
  readonly memo = new Map<number, unknown>();
  private stack: unknown[] = [];
  private readonly below: unknown[][] = [];
  private at = 0;
  private readonly view: DataView;

  constructor(
    private readonly bytes: Uint8Array,
    readonly host: PickleHost,
  ) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  push(value: unknown): void {
    this.stack.push(value);
  }

  pop(): unknown {
    if (this.stack.length === 0) throw new PytorchError('pickle', 'a value on the stack', 'an empty stack');
    return this.stack.pop();
  }

  top(): unknown {
    const value = this.pop();
    this.push(value);
    return value;
  }

  mark(): void {
    this.below.push(this.stack);
    this.stack = [];
  }

  /** Everything above the last mark. */
  popMark(): unknown[] {
    const items = this.stack;
    const below = this.below.pop();
    if (!below) throw new PytorchError('pickle', 'a mark on the stack', 'none');
    this.stack = below;
    return items;
  }

  get(index: number): void {
    if (!this.memo.has(index)) throw new PytorchError('pickle', 'a value that was memorised', `memo ${index}`);
    this.push(this.memo.get(index));
  }

  take(length: number): number {
    const start = this.at;
    if (length > this.bytes.length - start) throw new PytorchError('pickle', `${length} more bytes`, 'its end');
    this.at += length;
    return start;
  }

  byte = (): number => this.bytes[this.take(1)];
  u16 = (): number => this.view.getUint16(this.take(2), true);
  i32 = (): number => this.view.getInt32(this.take(4), true);
  u32 = (): number => this.view.getUint32(this.take(4), true);
  f64 = (): number => this.view.getFloat64(this.take(8), false);

  /** A two's complement of `length` bytes. */
  integer(length: number): number {
    const start = this.take(length);
    let value = 0n;
    for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[start + i]);
    return Number(BigInt.asIntN(8 * length, value));
  }

  text(length: number): string {
    const start = this.take(length);
    return new TextDecoder().decode(this.bytes.subarray(start, start + length));
  }

  line(): string {
    const end = this.bytes.indexOf(10, this.at);
    if (end < 0) throw new PytorchError('pickle', 'a line', 'its end');
    const text = this.text(end - this.at);
    this.take(1);
    return text;
  }

  global(module: unknown, name: unknown): void {
    const full = `${module}.${name}`;
    if (!this.host.allows(full)) {
      const advice = 'save state dicts (`torch.save(net.state_dict(), …)`), not whole objects';
      throw new PytorchError('pickle', 'tensors in lists and dicts', `the class or function ${full}`, advice);
    }
    this.push(new Global(full));
  }

  reduce(): void {
    const args = this.pop();
    const callable = this.pop();
    if (!(callable instanceof Global) || !Array.isArray(args)) {
      throw new PytorchError('pickle', 'a call of a named function', 'another call');
    }
    this.push(this.host.call(callable.name, args));
  }

  append(items: readonly unknown[]): void {
    const list = this.top();
    if (!Array.isArray(list)) throw new PytorchError('pickle', 'a list to append to', 'another object');
    for (const item of items) list.push(item);
  }

  setItems(items: readonly unknown[]): void {
    const dict = this.top();
    if (!(dict instanceof Map) || items.length % 2 !== 0) {
      throw new PytorchError('pickle', 'a dict with keys and values', 'another object');
    }
    for (let i = 0; i < items.length; i += 2) dict.set(items[i], items[i + 1]);
  }

  /** Attributes of an OrderedDict (`_metadata`) are left out; nothing else has any. */
  build(): void {
    this.pop();
    if (!(this.top() instanceof Map)) throw new PytorchError('pickle', 'attributes of a dict', 'of another object');
  }

  tuple(length: number): void {
    const items = Array.from({ length }, () => this.pop());
    this.push(items.reverse());
  }
}

/** The opcodes that `torch.save` writes, by their numbers in Python's pickletools. */
const operations: Readonly<Record<number, (machine: Machine) => void>> = {
  0x80: (m) => void m.byte(), // PROTO
  0x95: (m) => void m.take(8), // FRAME
  0x2e: (m) => void (m.stopped = true), // STOP
  0x28: (m) => m.mark(), // MARK
  0x30: (m) => void m.pop(), // POP
  0x31: (m) => void m.popMark(), // POP_MARK
  0x4e: (m) => m.push(null), // NONE
  0x88: (m) => m.push(true), // NEWTRUE
  0x89: (m) => m.push(false), // NEWFALSE
  0x4a: (m) => m.push(m.i32()), // BININT
  0x4b: (m) => m.push(m.byte()), // BININT1
  0x4d: (m) => m.push(m.u16()), // BININT2
  0x8a: (m) => m.push(m.integer(m.byte())), // LONG1
  0x47: (m) => m.push(m.f64()), // BINFLOAT
  0x58: (m) => m.push(m.text(m.u32())), // BINUNICODE
  0x8c: (m) => m.push(m.text(m.byte())), // SHORT_BINUNICODE
  0x5d: (m) => m.push([]), // EMPTY_LIST
  0x61: (m) => m.append([m.pop()]), // APPEND
  0x65: (m) => m.append(m.popMark()), // APPENDS
  0x29: (m) => m.push([]), // EMPTY_TUPLE
  0x74: (m) => m.push(m.popMark()), // TUPLE
  0x85: (m) => m.tuple(1), // TUPLE1
  0x86: (m) => m.tuple(2), // TUPLE2
  0x87: (m) => m.tuple(3), // TUPLE3
  0x7d: (m) => m.push(new Map()), // EMPTY_DICT
  0x73: (m) => m.setItems([m.pop(), m.pop()].reverse()), // SETITEM
  0x75: (m) => m.setItems(m.popMark()), // SETITEMS
  0x63: (m) => m.global(m.line(), m.line()), // GLOBAL
  0x93: (m) => m.global(...([m.pop(), m.pop()].reverse() as [unknown, unknown])), // STACK_GLOBAL
  0x52: (m) => m.reduce(), // REDUCE
  0x62: (m) => m.build(), // BUILD
  0x51: (m) => m.push(m.host.persistent(m.pop())), // BINPERSID
  0x71: (m) => void m.memo.set(m.byte(), m.top()), // BINPUT
  0x72: (m) => void m.memo.set(m.u32(), m.top()), // LONG_BINPUT
  0x94: (m) => void m.memo.set(m.memo.size, m.top()), // MEMOIZE
  0x68: (m) => m.get(m.byte()), // BINGET
  0x6a: (m) => m.get(m.u32()), // LONG_BINGET
};
