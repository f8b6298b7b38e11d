const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let bit = 0; bit < 8; bit += 1) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/** The sum of a block of bzip2: CRC-32 with the highest bit first, where zlib has the lowest. */
export function bzip2Crc(): { add(bytes: Uint8Array): void; value(): number } {
  let crc = -1;
  return {
    add(bytes) {
      for (let index = 0; index < bytes.length; index += 1) {
        crc = (crc << 8) ^ (TABLE[(crc >>> 24) ^ (bytes[index] as number)] as number);
      }
    },
    value: () => ~crc,
  };
}
