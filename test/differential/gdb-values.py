# Runs in gdb: stops at every `checkpoint` of the guest and writes what gdb knows there as a line of JSON: for every frame
# up to main its function, line and variables, each a tree of what it consists of.
import json
import os
import sys

import gdb

gdb.execute('set print repeats 0')
gdb.execute('set print elements 400')
if os.environ.get('PRINTERS'):
    sys.path.insert(0, os.environ['PRINTERS'])
    from libstdcxx.v6 import register_libstdcxx_printers

    register_libstdcxx_printers(None)

gdb.execute('break checkpoint')
gdb.execute('handle all nostop noprint pass')
inferior = gdb.selected_inferior()

DEEPEST = 5
MOST = 60
CHARACTERS = ('char', 'signed char', 'unsigned char', 'wchar_t', 'char8_t', 'char16_t', 'char32_t')


def base_name(kind):
    return str(kind.strip_typedefs().unqualified())


def tree(value, depth=0):
    try:
        return node(value, depth)
    except gdb.MemoryError as error:
        return {'error': str(error)}
    except gdb.error as error:
        return {'error': str(error)}


def node(value, depth):
    kind = value.type.strip_typedefs()
    code = kind.code
    if value.is_optimized_out:
        return {'unavailable': True}
    if code in (gdb.TYPE_CODE_REF, gdb.TYPE_CODE_RVALUE_REF):
        target = value.referenced_value()
        if kind.target().strip_typedefs().code == gdb.TYPE_CODE_STRUCT and target.dynamic_type != target.type:
            target = target.cast(target.dynamic_type)
        return node(target, depth)
    printer = gdb.default_visualizer(value)
    if printer is not None and depth < DEEPEST:
        return printed(printer, depth)
    if code in (gdb.TYPE_CODE_INT, gdb.TYPE_CODE_CHAR, gdb.TYPE_CODE_ENUM, gdb.TYPE_CODE_BOOL, gdb.TYPE_CODE_FLAGS):
        if kind.sizeof > 8:
            return wide_integer(value, kind)
        return {'integer': str(int(value))}
    if code == gdb.TYPE_CODE_FLT:
        return {'float': value.format_string()}
    if code == gdb.TYPE_CODE_PTR:
        found = {'pointer': str(int(value))}
        target = kind.target().strip_typedefs()
        if int(value) != 0 and base_name(target) in CHARACTERS:
            try:
                found['text'] = value.string(errors='replace')
            except (gdb.error, UnicodeError):
                pass
        elif int(value) != 0 and target.code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION) and depth < 2:
            # As with "set print object on".
            dynamic = str(value.dynamic_type.target().unqualified())
            if dynamic != str(kind.target().strip_typedefs().unqualified()):
                found['dynamic'] = dynamic
                value = value.cast(value.dynamic_type)
            found['target'] = tree(value.dereference(), depth + 1)
        return found
    if code == gdb.TYPE_CODE_ARRAY:
        low, high = kind.range()
        if depth >= DEEPEST:
            return {}
        if getattr(kind, 'is_vector', False) or high >= low:
            return {'elements': [tree(value[index], depth + 1) for index in range(low, min(high, low + MOST) + 1)]}
        return {'elements': []}
    if code in (gdb.TYPE_CODE_STRUCT, gdb.TYPE_CODE_UNION):
        if depth >= DEEPEST:
            return {}
        members = []
        for field in kind.fields():
            if field.artificial or (field.name or '').startswith('_vptr'):
                continue
            members.append([field.name or '', tree(value[field], depth + 1)])
        return {'members': members}
    if code == getattr(gdb, 'TYPE_CODE_COMPLEX', -1):
        return {'complex': value.format_string()}
    if code in (gdb.TYPE_CODE_MEMBERPTR, gdb.TYPE_CODE_METHODPTR):
        return {'member': value.format_string()}
    return {}


def wide_integer(value, kind):
    """gdb has no numbers of 128 bits."""
    if value.address is None:
        return {'error': 'too wide for gdb'}
    stored = bytes(inferior.read_memory(value.address, kind.sizeof))
    return {'integer': str(int.from_bytes(stored, 'little', signed='unsigned' not in str(kind)))}


def printed(printer, depth):
    """What a printer of the C++ library makes of an object: a text, and children."""
    found = {}
    text = printer.to_string()
    if isinstance(text, gdb.Value):
        text = text.format_string()
    elif text is not None and hasattr(text, 'value'):
        found['string'] = text.value().string(length=text.length) if hasattr(text, 'length') else ''
        text = None
    if text is not None:
        hint = printer.display_hint() if hasattr(printer, 'display_hint') else None
        found['string' if hint == 'string' else 'summary'] = str(text)
    if hasattr(printer, 'children'):
        found['children'] = []
        for name, child in printer.children():
            if len(found['children']) >= 2 * MOST:
                break
            shown = tree(child, depth + 1) if isinstance(child, gdb.Value) else {'summary': str(child)}
            found['children'].append([name, shown])
    return {'printed': found}


def variables(frame):
    found = []
    block = frame.block()
    while block is not None:
        for symbol in block:
            if symbol.is_variable or symbol.is_argument:
                try:
                    value = tree(frame.read_var(symbol, block))
                except gdb.error as error:
                    value = {'error': str(error)}
                found.append({'name': symbol.name, 'line': symbol.line, 'type': str(symbol.type), 'value': value})
        if block.function is not None:
            break
        block = block.superblock
    return found


def stop():
    frames = []
    frame = gdb.newest_frame()
    while frame is not None:
        sal = frame.find_sal()
        entry = {'pc': hex(frame.pc()), 'name': frame.name(), 'line': sal.line if sal.symtab else 0}
        entry['inlined'] = frame.type() == gdb.INLINE_FRAME
        if sal.symtab and frame.function():
            frame.select()
            entry['variables'] = variables(frame)
        frames.append(entry)
        if frame.name() == 'main' or (frame.name() or '').endswith('::main'):
            break
        frame = frame.older()
    gdb.newest_frame().select()
    print(json.dumps(frames), file=out)


while True:
    gdb.execute('continue', to_string=True)
    if not inferior.is_valid() or not inferior.threads():
        break
    gdb.newest_frame().select()
    stop()
out.close()
