"""A snapshot of the metrics while samples come in, restored into another server: all that was acknowledged before is there.

usage: test_backup.py HALCYON
"""
import os
import shutil
import sys
import time

import feeding
import serving

WRITERS, SERIES = 3, 40


def main(program):
    with serving.Folder() as folder:
        server = serving.Halcyon(program, folder, dev=True)
        base = int(time.time() * 1000) - 3_600_000
        try:
            with feeding.Writers(WRITERS, server.api + "/write", base, SERIES) as writers:
                snapshots = []
                for _ in range(3):
                    before = [writer.acknowledged for writer in writers]
                    serving.eventually("more is acknowledged", lambda: all(
                        writer.acknowledged > count + 20 for writer, count in zip(writers, before)))
                    # What is acknowledged when the snapshot begins has to be in it.
                    promised = [writer.acknowledged for writer in writers]
                    place = server.cli("metrics", "snapshot").stdout.strip()
                    assert os.path.dirname(place).endswith("data/metrics/snapshots"), place
                    snapshots.append((place, promised))
                writers.end()
        finally:
            server.process.end()
        for number, (place, promised) in enumerate(snapshots):
            home = os.path.join(folder, f"restored-{number}")
            done = server.cli("restore", "--metrics", place, "--data", os.path.join(home, "data"))
            assert "samples" in done.stdout + done.stderr, (done.stdout, done.stderr)
            again = server.cli("restore", "--metrics", place, "--data", os.path.join(home, "data"), ok=False)
            assert again.returncode != 0 and "it is there already" in again.stderr, again.stderr
            restored = serving.Halcyon(program, home, dev=True)
            try:
                missing = sum(writer.missing(restored.api, count) for writer, count in zip(writers, promised))
                assert missing == 0, f"{missing} samples are missing from {place}"
            finally:
                restored.process.end()
        # A copy with a wrong byte is not put in place.
        damaged = os.path.join(folder, "damaged")
        shutil.copytree(snapshots[-1][0], damaged)
        name = next(name for name in os.listdir(damaged) if name.startswith("checkpoint-"))
        with open(os.path.join(damaged, name), "r+b") as file:
            file.seek(os.path.getsize(file.name) // 2)
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 1]))
        target = os.path.join(folder, "never")
        done = server.cli("restore", "--metrics", damaged, "--data", target, ok=False)
        assert done.returncode != 0 and "checksum" in done.stderr, done.stderr
        assert not os.path.exists(os.path.join(target, "metrics")), os.listdir(target)
        total = sum(snapshots[-1][1]) * SERIES
    print(f"ok: three snapshots under load, {total} acknowledged samples in the last, none missing")
    print("test_backup passed")


main(sys.argv[1])
