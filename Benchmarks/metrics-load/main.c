// Remote-write load of a fleet of hosts, encoded beforehand so that sending it costs almost nothing.
#include <stdio.h>
#include <string.h>

#include "load.h"

int main(int count, char **arguments) {
  int result = 2;
  if (count > 1 && !strcmp(arguments[1], "encode")) result = encode_command(count - 2, arguments + 2);
  if (count > 1 && !strcmp(arguments[1], "send")) result = send_command(count - 2, arguments + 2);
  if (result == 2)
    fprintf(stderr,
            "usage: metrics-load encode PREFIX SHARDS BATCH START STEP STEPS SERVICE=HOSTS...   (times in milliseconds)\n"
            "       metrics-load send PREFIX SHARDS PORT PATH [HEADER]\n");
  return result;
}
