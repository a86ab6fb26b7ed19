"""Ends the server of a folder, forgets what it kept, and starts it again: for runners of test files that begin with nothing.

usage: restart.py HALCYON FOLDER ADDRESS:PORT
"""
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request

program, folder, listen = sys.argv[1:]
os.makedirs(folder, exist_ok=True)
note, data = os.path.join(folder, "pid"), os.path.join(folder, "data")
if os.path.exists(note):
    try:
        os.kill(int(open(note).read()), signal.SIGKILL)
    except ProcessLookupError:
        pass
shutil.rmtree(data, ignore_errors=True)
with open(os.path.join(folder, "log"), "wb") as log:
    server = subprocess.Popen(
        [program, "server", "--dev", "--data", data, "--listen", listen, "--flagd", "off", "--flagd-sync", "off",
         # The samples of test files are of 1970: late ones would be too late beside samples of now.
         "--own-metrics-every", "0"],
        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, env=dict(os.environ, HOME=folder))
with open(note, "w") as file:
    file.write(str(server.pid))
for _ in range(600):
    try:
        urllib.request.urlopen(f"http://{listen}/prometheus/-/ready", timeout=1)
        sys.exit(0)
    except OSError:
        time.sleep(0.02)
sys.exit("the server does not answer")
