const ESC = 0x1b;
/** In UTF-8 the first byte of U+0080 to U+00BF, of which those below U+00A0 are control characters: 9B is `ESC [`. */
const C1_LEAD = 0xc2;

/** As {@link terminalSafe}, for a text that is whole: messages and tables hold what builds and hosts said of themselves. */
export function safeText(text: string): string {
  return terminalSafe()(Buffer.from(text)).toString();
}

/**
 * Makes a build's output harmless on a terminal: of escape sequences only colours (SGR, `ESC [ … m`) pass, of control
 * characters only tab, newline and carriage return. Bytes of UTF-8 are left alone. Sequences may be cut between calls.
 */
export function terminalSafe(): (bytes: Uint8Array) => Buffer {
  /** An escape sequence seen so far. */
  let sequence: number[] = [];
  let afterLead = false;

  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (afterLead) {
        afterLead = false;
        if (byte >= 0x80 && byte <= 0x9f) continue;
        out.push(C1_LEAD);
      }
      if (sequence.length > 0) {
        sequence.push(byte);
        const end = endOf(sequence);
        if (end === 'open') continue;
        if (end === 'colour') out.push(...sequence);
        sequence = [];
        // a broken sequence ends at the byte that broke it, which may be a line's end
        if (end === 'broken' && byte === 0x0a) out.push(byte);
      } else if (byte === ESC) sequence = [byte];
      else if (byte === C1_LEAD) afterLead = true;
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
