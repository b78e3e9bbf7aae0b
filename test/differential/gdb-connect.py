# Runs in gdb before the script that asks: attaches to the guest in qemu, and opens `out`, where that writes its lines of JSON.
import os

import gdb

out = open(os.environ['STOPS_FILE'], 'w')
gdb.execute('set pagination off')
# qemu creates its socket shortly before it listens.
for attempt in range(10000):
    try:
        gdb.execute('target remote ' + os.environ['STOPS_SOCKET'])
        break
    except gdb.error:
        if attempt == 9999:
            raise
