const TILDE = 0x7e;
const DOT = 0x2e;

/** What is to be sent of what was typed, and whether the typist leaves. */
export interface Typed {
  send: Buffer;
  leaves: boolean;
}

/**
 * Finds `~.` at the beginning of a line, which leaves, as in ssh. `~~` there is one tilde, and any other key after it is
 * sent with it.
 */
export function escapes(): (keys: Uint8Array) => Typed {
  let atLineStart = true;
  let held = false;

  return (keys) => {
    const send: number[] = [];
    for (const key of keys) {
      if (held) {
        held = false;
        if (key === DOT) return { send: Buffer.from(send), leaves: true };
        send.push(TILDE);
        if (key === TILDE) continue;
      } else if (atLineStart && key === TILDE) {
        held = true;
        atLineStart = false;
        continue;
      }
      send.push(key);
      atLineStart = key === 0x0a || key === 0x0d;
    }
    return { send: Buffer.from(send), leaves: false };
  };
}
