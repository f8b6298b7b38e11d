import { type History, openHistory } from './history.ts';
import { type Lookahead, lookAhead } from './lookahead.ts';
import { chances, type RangeDecoder, rangeDecoder } from './range-decoder.ts';

const HEAD = 13;
/** The range coder's first bytes. */
const START = 5;
/** More than one step takes, a repetition from far away: some fifty bits, of which none takes more than a byte. */
const STEP = 64;
const LONGEST = 273;
const CHUNK = 64 << 10;
/** The dictionary of `xz -9`, and the largest that is taken for xz within the process. */
const LARGEST_DICTIONARY = 64 << 20;
/** As liblzma has it. */
const LARGEST_SIZE = 2 ** 38;

/** What the head of a file says. */
interface Settings {
  /** Bits of the byte before and of the position that a literal depends on, and of the position for all else. */
  literalContext: number;
  literalPosition: number;
  position: number;
  dictionary: number;
  /** Bytes unpacked; undefined when a mark says where they end. */
  size: number | undefined;
}

/**
 * Unpacks LZMA in the form of lzma-utils (`.lzma`, "LZMA_Alone"), which has no sums. Holds its dictionary.
 *
 * @throws Error when it is none, damaged, cut off, or followed by something else; when its dictionary is above 64 MiB
 */
export async function* unpackLzma(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const input = lookAhead(packed);
  await input.fill(HEAD + START);
  const settings = readHead(input);
  const history = openHistory(Math.min(settings.dictionary, settings.size ?? LARGEST_SIZE), CHUNK + LONGEST);
  const steps = stepsOf(settings, rangeDecoder(input), history);
  let left = settings.size ?? Number.POSITIVE_INFINITY;
  for (;;) {
    await input.fill(CHUNK);
    const { done, isOver } = run(steps, input, left);
    left -= done;
    if (left < 0) throw new Error('it unpacks to more than it says');
    yield* history.take();
    if (isOver) break;
  }
  if (left > 0 && settings.size !== undefined) throw new Error('it unpacks to less than it says');
  await input.fill(1);
  if (input.at < input.bytes.length) throw new Error('something follows its end');
}

function readHead(input: Lookahead): Settings {
  const properties = input.next();
  const [literalContext, rest] = [properties % 9, Math.floor(properties / 9)];
  const [literalPosition, position] = [rest % 5, Math.floor(rest / 5)];
  if (position > 4 || literalContext + literalPosition > 4) throw new Error('it is no lzma');
  const number = (bytes: number) => {
    let value = 0;
    for (let index = 0; index < bytes; index += 1) value += input.next() * 256 ** index;
    return value;
  };
  const dictionary = Math.max(4096, number(4));
  if (dictionary > LARGEST_DICTIONARY) {
    throw new Error(`its dictionary is ${dictionary} bytes, and may be ${LARGEST_DICTIONARY}: pack it again`);
  }
  const [low, high] = [number(4), number(4)];
  const size = low === 0xffffffff && high === 0xffffffff ? undefined : high * 2 ** 32 + low;
  if (size !== undefined && size > LARGEST_SIZE) throw new Error('it is no lzma');
  return { literalContext, literalPosition, position, dictionary, size };
}

/** What one step came to: bytes, or the mark at the end. */
type Step = number | 'end';

interface Steps {
  /** Unpacks one byte or one repetition. */
  next(): Step;
  isFinished(): boolean;
}

/** Unpacks what is held, some 64 KiB at most, and looks for a mark at the end of what should be `left`. */
function run({ next, isFinished }: Steps, input: Lookahead, left: number): { done: number; isOver: boolean } {
  let done = 0;
  const most = Math.min(CHUNK, left);
  while (done < most && (input.ended || input.at + STEP <= input.bytes.length)) {
    const step = next();
    if (step === 'end') return { done, isOver: true };
    done += step;
  }
  if (done < left) return { done, isOver: false };
  if (!isFinished() && next() !== 'end') throw new Error('it unpacks to more than it says');
  return { done, isOver: true };
}

/** The steps of the format, after Igor Pavlov's specification of it. */
function stepsOf(settings: Settings, coder: RangeDecoder, history: History): Steps {
  const { literalContext, literalPosition } = settings;
  const positions = (1 << settings.position) - 1;
  const literalPositions = (1 << literalPosition) - 1;
  const literals = chances(0x300 << (literalContext + literalPosition));
  const isMatch = chances(12 << 4);
  const isLong = chances(12 << 4);
  const [isRepeat, isNotFirst, isNotSecond, isNotThird] = [chances(12), chances(12), chances(12), chances(12)];
  const [matchLength, repeatLength] = [lengthOf(coder), lengthOf(coder)];
  const distance = distanceOf(coder);
  /** Of what kind the last steps were, and how far back the last four repetitions reached. */
  let state = 0;
  let [first, second, third, fourth] = [1, 1, 1, 1];
  let position = 0;

  function literal(): Step {
    const before = history.back(1);
    const from = 0x300 * (((position & literalPositions) << literalContext) + (before >>> (8 - literalContext)));
    history.put(coder.literal(literals, from, state < 7 ? undefined : history.back(first)));
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
    position = (position + 1) | 0;
    return 1;
  }
  function repeat(length: number): Step {
    if (first > history.reach()) throw new Error('it is damaged');
    history.repeat(first, length);
    position = (position + length) | 0;
    return length;
  }
  /** One of the four distances that were used last, which is the last then. */
  function recall(): void {
    let recalled = second;
    if (coder.bit(isNotSecond, state) === 1) {
      recalled = third;
      if (coder.bit(isNotThird, state) === 1) {
        recalled = fourth;
        fourth = third;
      }
      third = second;
    }
    second = first;
    first = recalled;
  }
  function next(): Step {
    const place = position & positions;
    if (coder.bit(isMatch, (state << 4) + place) === 0) return literal();
    if (coder.bit(isRepeat, state) === 1) {
      if (coder.bit(isNotFirst, state) === 1) recall();
      else if (coder.bit(isLong, (state << 4) + place) === 0) {
        state = state < 7 ? 9 : 11;
        return repeat(1);
      }
      const length = repeatLength(place);
      state = state < 7 ? 8 : 11;
      return repeat(length);
    }
    const length = matchLength(place);
    state = state < 7 ? 7 : 10;
    const far = distance(length);
    if (far === END_MARK) {
      if (!coder.isFinished()) throw new Error('it is damaged');
      return 'end';
    }
    [first, second, third, fourth] = [far, first, second, third];
    return repeat(length);
  }
  return { next, isFinished: coder.isFinished };
}

/** Lengths from 2 to 273: three ranges of them. */
function lengthOf(coder: RangeDecoder): (place: number) => number {
  const choice = chances(2);
  const [low, middle, high] = [chances(16 << 3), chances(16 << 3), chances(1 << 8)];
  return (place) => {
    if (coder.bit(choice, 0) === 0) return 2 + coder.tree(low, place << 3, 3);
    if (coder.bit(choice, 1) === 0) return 10 + coder.tree(middle, place << 3, 3);
    return 18 + coder.tree(high, 0, 8);
  };
}

/** A distance that no repetition has. */
const END_MARK = 2 ** 32;

/** How far back a repetition of some length is, from 1 on: its highest two bits, how many follow them, and these. */
function distanceOf(coder: RangeDecoder): (length: number) => number {
  const slots = chances(4 << 6);
  const near = chances(128);
  const lowest = chances(1 << 4);
  return (length) => {
    const slot = coder.tree(slots, Math.min(length - 2, 3) << 6, 6);
    if (slot < 4) return slot + 1;
    const count = (slot >>> 1) - 1;
    const start = ((2 | (slot & 1)) << count) >>> 0;
    if (slot < 14) return start + coder.reverseTree(near, start - slot, count) + 1;
    return start + coder.direct(count - 4) * 16 + coder.reverseTree(lowest, 0, 4) + 1;
  };
}
