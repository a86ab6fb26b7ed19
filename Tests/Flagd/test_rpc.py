"""flagd's protocols as clients and misbehaving clients see them: gRPC, Connect, gRPC-Web, health, reflection.

usage: test_rpc.py PROGRAM [TEST]...   where PROGRAM is halcyon
"""
import sys
import traceback

import test_connect
import test_connect_client
import test_grpc
import test_lives
import test_misbehaviour
from serving import Server


def main():
    program = sys.argv[1]
    only = sys.argv[2:]
    server = Server(program)
    passed = failed = 0
    tests = {
        name: test
        for module in (test_grpc, test_misbehaviour, test_connect, test_connect_client, test_lives)
        for name, test in vars(module).items() if name.startswith("test_")
    }
    for name, test in tests.items():
        if only and name not in only:
            continue
        try:
            server.reset()
            test(server if "server" in test.__code__.co_varnames[: test.__code__.co_argcount] else program)
            passed += 1
        except Exception:
            failed += 1
            print(f"FAILED {name}")
            traceback.print_exc()
        assert server.process.poll() is None, f"the server ended during {name}"
    server.stop()
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed > 0)


main()
