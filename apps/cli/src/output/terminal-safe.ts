const ESC = 0x1b;

/**
 * Makes a build's output harmless on a terminal: of escape sequences only colours (SGR, `ESC [ … m`) pass, of control
 * characters only tab, newline and carriage return. Bytes of UTF-8 are left alone. Sequences may be cut between calls.
 */
export function terminalSafe(): (bytes: Uint8Array) => Buffer {
  /** An escape sequence seen so far. */
  let sequence: number[] = [];

  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (sequence.length > 0) {
        sequence.push(byte);
        const end = endOf(sequence);
        if (end === 'open') continue;
        if (end === 'colour') out.push(...sequence);
        sequence = [];
        // a broken sequence ends at the byte that broke it, which may be a line's end
        if (end === 'broken' && byte === 0x0a) out.push(byte);
      } else if (byte === ESC) sequence = [byte];
      else if (byte >= 0x20 ? byte !== 0x7f : byte === 0x09 || byte === 0x0a || byte === 0x0d) out.push(byte);
    }
    return Buffer.from(out);
  };
}

function endOf(sequence: number[]): 'open' | 'colour' | 'other' | 'broken' {
  const last = sequence.at(-1) ?? 0;
  if (sequence.length === 2) {
    if (last === 0x5b || last === 0x5d) return 'open';
    return last < 0x20 ? 'broken' : 'other';
  }
  if (last === 0x0a || sequence.length > 256) return 'broken';
  // OSC: until BEL or ST
  if (sequence[1] === 0x5d) return last === 0x07 || (last === 0x5c && sequence.at(-2) === ESC) ? 'other' : 'open';
  if (last >= 0x40 && last <= 0x7e) {
    const parameters = sequence.slice(2, -1).every((byte) => (byte >= 0x30 && byte <= 0x3b) || byte === 0x3a);
    return last === 0x6d && parameters ? 'colour' : 'other';
  }
  return last < 0x20 ? 'broken' : 'open';
}
