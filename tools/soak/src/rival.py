"""Counts in files of the data directory as the Python tool changes them: flock on the file of the lock, a new
file, a rename, release, and only then the lock's file is removed. It does not check whether the file that it
has locked still has its name."""

import fcntl
import json
import os
import random
import sys
import time

rounds, draw = int(sys.argv[1]), random.Random(int(sys.argv[2]))
paths = sys.argv[3:]
for n in range(rounds):
    path = paths[n % len(paths)]
    lock = path[: -len(".json")] + ".lock"
    with open(lock, "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with open(path) as file:
            data = json.load(file)
        data["rival"] = data.get("rival", 0) + 1
        with open(path + ".tmp", "w") as file:
            json.dump(data, file, indent=2)
        os.replace(path + ".tmp", path)
        fcntl.flock(held, fcntl.LOCK_UN)
    try:
        os.unlink(lock)
    except FileNotFoundError:
        pass
    time.sleep(draw.choice([0, 0, 0.0002, 0.001, 0.004]))
