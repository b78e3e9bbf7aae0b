/** How many bytes of a file {@link isRiscvProgram} needs. */
export const IDENTITY_BYTES = 20;

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
const MACHINE_RISCV = 243;
const TYPE_EXECUTABLE = 2;
const TYPE_SHARED = 3;

/**
 * Whether a file that begins with `head` is a 64-bit RISC-V ELF that can be run: an executable, fixed or
 * position-independent, but not an object file. See elf(5), `e_ident`, `e_type` and `e_machine`.
 */
export function isRiscvProgram(head: Uint8Array): boolean {
  if (head.length < IDENTITY_BYTES || MAGIC.some((byte, at) => head[at] !== byte)) return false;
  if (head[4] !== CLASS_64 || head[5] !== LITTLE_ENDIAN) return false;
  const fields = new DataView(head.buffer, head.byteOffset, IDENTITY_BYTES);
  const type = fields.getUint16(16, true);
  return (type === TYPE_EXECUTABLE || type === TYPE_SHARED) && fields.getUint16(18, true) === MACHINE_RISCV;
}
