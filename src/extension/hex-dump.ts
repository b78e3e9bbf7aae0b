const BYTES_A_LINE = 16;

/**
 * Bytes as text: per line an address, 16 bytes in hex, and the printable ones as characters.
 * @param first the address of the first byte
 */
export function hexDump(bytes: Uint8Array, first: number): string {
  const digits = Math.max(8, (first + bytes.length).toString(16).length);
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += BYTES_A_LINE) {
    const row = bytes.subarray(at, at + BYTES_A_LINE);
    const address = (first + at).toString(16).padStart(digits, '0');
    const columns = [...row].map((byte, column) => (column === 8 ? ' ' : '') + byte.toString(16).padStart(2, '0'));
    lines.push(`${address}  ${columns.join(' ').padEnd(3 * BYTES_A_LINE)}  |${[...row].map(printable).join('')}|`);
  }
  return lines.join('\n');
}

const printable = (byte: number): string => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.');
