# Runs in gdb: writes for every exception that is thrown, thrown again or caught a line of JSON: the library's function and the
# line of the guest's own source.
import json
import os

import gdb

gdb.execute('tbreak main')
gdb.execute('continue', to_string=True)
for kind in ('throw', 'rethrow', 'catch'):
    gdb.execute('catch ' + kind)
inferior = gdb.selected_inferior()
while True:
    gdb.execute('continue', to_string=True)
    if not inferior.is_valid() or not inferior.threads():
        break
    frame = gdb.newest_frame()
    function = frame.name()
    while frame is not None:
        sal = frame.find_sal()
        if sal.symtab and sal.symtab.filename.endswith(os.environ['SOURCE']):
            break
        frame = frame.older()
    print(json.dumps({'function': function, 'line': sal.line if frame else 0}), file=out)
out.close()
