# Runs in gdb: stops at every `checkpoint` of the guest and writes what gdb knows there as a line of JSON: registers,
# memory, and for every frame its pc, function, line and variables.
import json
import re
import struct

import gdb

gdb.execute('set print frame-arguments none')
gdb.execute('break checkpoint')
gdb.execute('handle all nostop noprint pass')
inferior = gdb.selected_inferior()

# gdb knows f0-f31 by their ABI names only.
FLOATS = (
    ['ft%d' % n for n in range(8)]
    + ['fs0', 'fs1']
    + ['fa%d' % n for n in range(8)]
    + ['fs%d' % n for n in range(2, 12)]
    + ['ft%d' % n for n in range(8, 12)]
)


def caller(frame):
    """The next frame; gdb gives up in functions of libc without unwinding tables."""
    try:
        return frame.older()
    except gdb.error:
        return None


def ranges():
    """Writable sections and the stack, as far as they can be read."""
    low = int(gdb.parse_and_eval('(unsigned long)$sp'))
    yield low, 16384
    for line in gdb.execute('maintenance info sections', to_string=True).splitlines():
        found = re.search(r'0x([0-9a-f]+)->0x([0-9a-f]+) at 0x[0-9a-f]+: (\S+) ALLOC', line)
        if found and not found.group(3).startswith(('.text', '.eh_frame', '.tbss', '.debug')):
            yield int(found.group(1), 16), int(found.group(2), 16) - int(found.group(1), 16)
    # Code that is in no section: the kernel's signal trampoline.
    frame = gdb.newest_frame()
    while frame is not None:
        yield frame.pc(), 16
        frame = caller(frame)
    # The thread's block of `__thread` variables, and the registers that a signal has saved.
    yield int(gdb.parse_and_eval('(unsigned long)$tp')), 64


def float_bits(name):
    value = float(gdb.parse_and_eval('$%s.double' % name))
    if value != value:
        single = float(gdb.parse_and_eval('$%s.float' % name))
        return 0xFFFFFFFF00000000 | struct.unpack('<I', struct.pack('<f', single))[0]
    return struct.unpack('<Q', struct.pack('<d', value))[0]


def dump():
    chunks = []
    for start, size in ranges():
        for at in range(start, start + size, 1024):
            try:
                length = min(1024, start + size - at)
                chunks.append([hex(at), bytes(inferior.read_memory(at, length)).hex()])
            except gdb.MemoryError:
                pass
    return chunks


def scalar(value):
    kind = value.type.strip_typedefs().code
    if value.is_optimized_out:
        return {'unavailable': True}
    if kind in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_PTR):
        return {'integer': str(int(value))}
    if kind == gdb.TYPE_CODE_FLT:
        return {'float': repr(float(value))}
    if kind in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION, gdb.TYPE_CODE_ARRAY):
        return {'address': str(int(value.address))} if value.address is not None else {}
    return {}


def variables(frame):
    found = []
    block = frame.block()
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument or symbol.is_constant:
                entry = {'name': symbol.name, 'line': symbol.line, 'type': str(symbol.type)}
                try:
                    entry.update(scalar(frame.read_var(symbol, block)))
                except gdb.error as error:
                    entry['error'] = str(error)
                found.append(entry)
        if block.function is not None:
            break
        block = block.superblock
    return found


def stop():
    x = [hex(int(gdb.parse_and_eval('(unsigned long)$x%d' % number))) for number in range(32)]
    f = [hex(float_bits(name)) for name in FLOATS]
    frames = []
    frame = gdb.newest_frame()
    while frame is not None:
        sal = frame.find_sal()
        entry = {
            'pc': hex(frame.pc()),
            'name': frame.name(),
            'line': sal.line if sal.symtab else 0,
            'inlined': frame.type() == gdb.INLINE_FRAME,
            'sp': hex(int(frame.read_register('sp')) & (2**64 - 1)),
        }
        if sal.symtab and frame.function():
            frame.select()
            entry['variables'] = variables(frame)
        frames.append(entry)
        frame = caller(frame)
    gdb.newest_frame().select()
    print(json.dumps({'x': x, 'f': f, 'frames': frames, 'memory': dump()}), file=out)


while True:
    gdb.execute('continue', to_string=True)
    if not inferior.is_valid() or not inferior.threads():
        break
    gdb.newest_frame().select()
    stop()
out.close()
